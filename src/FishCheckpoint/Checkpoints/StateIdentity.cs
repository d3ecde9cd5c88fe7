using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Derives identities of full states from their deltas, so that a state's identity is known before it is rebuilt
/// (docs/reference/format/container.md, "Identities").
/// </summary>
internal static class StateIdentity
{
    /// <summary>The state of a base in a task layout, with the task's own tensors as zeros.</summary>
    public static Digest OfBase(Digest baseId, Digest layout) => Hash("fishcheckpoint base state 1\n"u8, baseId, layout);

    /// <summary>The state that results from a delta.</summary>
    /// <param name="parent">The parent state.</param>
    /// <param name="mask">Its mask.</param>
    /// <param name="values">The digest of its values.</param>
    public static Digest OfDelta(Digest parent, Digest mask, Digest values) => Hash("fishcheckpoint state 1\n"u8, parent, mask, values);

    /// <summary>The identity of a file's bytes, for its ETag.</summary>
    /// <param name="state">The state.</param>
    /// <param name="header">The file's header, including its length prefix.</param>
    public static Digest OfFile(Digest state, ReadOnlySpan<byte> header) => Hash("fishcheckpoint file 1\n"u8, state, Digest.Of(header));

    private static Digest Hash(ReadOnlySpan<byte> purpose, params ReadOnlySpan<Digest> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(purpose);
        foreach (var part in parts)
        {
            hash.AppendData(part);
        }

        return Digest.Finish(hash);
    }
}
