using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>Errors of pickles.</summary>
internal static class PickleErrors
{
    private const int LongestName = 120;

    public static FishException Invalid(string key, string cause) =>
        new(ErrorCode.PickleInvalid, key, cause, "The file is damaged or hostile; copy or write it again.");

    public static FishException Refused(string key, string what) => new(
        ErrorCode.PickleRefused, key, $"The pickle uses {what}, which is neither a tensor nor a container; nothing was run.",
        "If you trust its source, write the file again with only tensors, like torch.save(model.state_dict(), ...).");

    public static FishException TooLarge(string key, string cause) =>
        new(ErrorCode.TooLarge, key, cause, "Write the file again with only tensors.");

    /// <summary>A name from the pickle, safe to quote in errors.</summary>
    public static string Quote(string name) =>
        $"'{string.Concat(name.Take(LongestName).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter))}'";
}
