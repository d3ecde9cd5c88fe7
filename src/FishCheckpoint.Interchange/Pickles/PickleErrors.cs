using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>Refusals of pickles.</summary>
internal static class PickleErrors
{
    private const int LongestName = 120;

    public static FishException Invalid(string key, string cause) =>
        new(ErrorCode.PickleInvalid, key, cause, "The file is damaged or hostile; copy or write it again.");

    public static FishException Refused(string key, string what) => new(
        ErrorCode.PickleRefused, key, $"The pickle asks for {what}, which is neither a tensor nor a container; nothing of it was run.",
        "Write the file again with nothing but tensors, as in torch.save(model.state_dict(), ...), if you trust where it comes from.");

    public static FishException TooLarge(string key, string cause) =>
        new(ErrorCode.TooLarge, key, cause, "Write the file again with the tensors alone.");

    /// <summary>A name out of the pickle, as errors may quote it.</summary>
    public static string Quote(string name) =>
        $"'{string.Concat(name.Take(LongestName).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter))}'";
}
