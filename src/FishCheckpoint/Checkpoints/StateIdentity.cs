using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Names full states by how they come about, so that a state has its name before a byte of it is rebuilt
/// (docs/reference/format/container.md, "Identities").
/// </summary>
internal static class StateIdentity
{
    /// <summary>The state of a base under a task layout: the task's own tensors are zeros.</summary>
    public static Digest OfBase(Digest baseId, Digest layout) => Hash("fishcheckpoint base state 1\n"u8, baseId, layout);

    /// <summary>The state that a delta gives.</summary>
    /// <param name="parent">The state that it is laid on.</param>
    /// <param name="mask">Its mask.</param>
    /// <param name="values">The digest of its values.</param>
    public static Digest OfDelta(Digest parent, Digest mask, Digest values) => Hash("fishcheckpoint state 1\n"u8, parent, mask, values);

    /// <summary>The bytes of a file that is written from a state: what its ETag is made of.</summary>
    /// <param name="state">The state.</param>
    /// <param name="header">The file's header, prefix included.</param>
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
