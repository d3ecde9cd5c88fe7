using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>Errors of PyTorch files.</summary>
internal static class TorchErrors
{
    public static FishException Invalid(string key, string cause) =>
        new(ErrorCode.TorchFileInvalid, key, cause, "The file is damaged, hostile, or not written by torch.save; copy or write it again.");

    public static FishException Cannot(string key, string cause, string hint) => new(ErrorCode.TorchFileInvalid, key, cause, hint);
}
