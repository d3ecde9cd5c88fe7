using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Refuses a downloaded file that differs from its listing.</summary>
internal static class Mismatch
{
    /// <summary>The error for a file with another length or digest than listed.</summary>
    public static FishException Of(RestoredFile expected, PulledFile pulled) => new(
        ErrorCode.DigestMismatch, expected.Name,
        $"Expected {expected.Bytes} bytes with SHA-256 {expected.Sha256}; got {pulled.Bytes} bytes with {pulled.Sha256}.",
        "Nothing was changed. Pull again; if it repeats, verify the checkpoint.");

    /// <summary>Whether a header and the state together give the file's tag.</summary>
    public static bool HasHeader(RestoredFile expected, Digest state, SafetensorsHeader header) =>
        StateIdentity.OfFile(state, header.ToFileBytes()) == expected.Tag;

    /// <summary>Refuses a header that, together with the state, does not give the file's tag.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public static void CheckHeader(RestoredFile expected, Digest state, SafetensorsHeader header)
    {
        if (!HasHeader(expected, state, header))
        {
            throw new FishException(
                ErrorCode.DigestMismatch, expected.Name, $"The file's header and its state {state} do not give the tag {expected.Tag}.",
                "Nothing was changed. The step may have been replaced meanwhile: pull again.");
        }
    }
}
