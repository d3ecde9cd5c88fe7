using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Refuses a file that is not what it was to be.</summary>
internal static class Mismatch
{
    /// <summary>The refusal of a file of another length or digest.</summary>
    public static FishException Of(RestoredFile expected, PulledFile pulled) => new(
        ErrorCode.DigestMismatch, expected.Name,
        $"The file was to have {expected.Bytes} bytes and SHA-256 {expected.Sha256}; it has {pulled.Bytes} bytes and {pulled.Sha256}.",
        "Nothing was changed. If it happens again, verify the checkpoint.");

    /// <summary>Whether a header makes the file what its tag says, together with the state.</summary>
    public static bool HasHeader(RestoredFile expected, Digest state, SafetensorsHeader header) =>
        StateIdentity.OfFile(state, header.ToFileBytes()) == expected.Tag;

    /// <summary>Refuses a header that does not make the file what its tag says, together with the state.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public static void CheckHeader(RestoredFile expected, Digest state, SafetensorsHeader header)
    {
        if (!HasHeader(expected, state, header))
        {
            throw new FishException(
                ErrorCode.DigestMismatch, expected.Name, $"The file's header and its state {state} do not give the tag {expected.Tag}.",
                "Nothing was changed. The step may have been saved anew meanwhile: pull again.");
        }
    }
}
