using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// The 40 hexadecimal digits that name a checkpoint as a commit: by its step and the content of its files. They are
/// computed from stored data, so no table keeps them, and they contain their step, so no lookup is a search:
/// <code>
/// check = SHA-256("fishcheckpoint commit 1\n" task 0 step state headers side)  the state covers the base with its side files; side
///                                                                              names the checkpoint's own, and is empty without
/// place = step XOR SHA-256("fishcheckpoint commit place 1\n" task 0 check)     4 bytes, or 8 for steps from 2^32 on
/// id    = place check                                                          20 bytes: the check is cut to 16, or 12
/// </code>
/// A lookup decodes the step and compares the whole id with that of the step's checkpoint. A step that was replaced with other content has
/// another id.
/// </summary>
/// <param name="Text">Forty lower-case hexadecimal digits.</param>
internal readonly record struct CommitId(string Text)
{
    private const int Size = 20;

    /// <summary>The id of a checkpoint.</summary>
    public static CommitId Of(CheckpointInfo checkpoint)
    {
        Span<byte> id = stackalloc byte[Size];
        Span<byte> step = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(step, checkpoint.Step);
        var place = PlaceOf(checkpoint.Step);
        Hash("fishcheckpoint commit 1\n"u8, checkpoint.Task,
            [.. step, .. checkpoint.State, .. checkpoint.Headers ?? default, .. checkpoint.SideFiles?.ToArray() ?? []])[..(Size - place)]
            .CopyTo(id[place..]);
        step[^place..].CopyTo(id);
        TurnPlace(checkpoint.Task, id, place);
        return new CommitId(Convert.ToHexStringLower(id));
    }

    /// <summary>The id of a base: bases never change, so it has one.</summary>
    public static CommitId OfBase(Digest id) =>
        new(Convert.ToHexStringLower(SHA256.HashData([.. "fishcheckpoint base commit 1\n"u8, .. id.ToArray()])[..Size]));

    /// <summary>Reads an id.</summary>
    /// <returns><see langword="false"/> if it is not an id: like for clients, an id has forty lower-case digits.</returns>
    public static bool TryParse(string text, out CommitId id)
    {
        id = new CommitId(text);
        return text.Length == Size * 2 && text.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>The one or two steps of a task that may have this id; the caller compares the ids of their checkpoints.</summary>
    public IReadOnlyList<long> StepsIn(string task)
    {
        var (name, text) = (task, Text);
        return [.. new[] { sizeof(uint), sizeof(long) }.Select(place => (Place: place, Step: StepAt(name, text, place)))
            .Where(found => found.Step >= 0 && PlaceOf(found.Step) == found.Place).Select(found => found.Step)];
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static int PlaceOf(long step) => step <= uint.MaxValue ? sizeof(uint) : sizeof(long);

    private static long StepAt(string task, string text, int place)
    {
        var id = Convert.FromHexString(text);
        TurnPlace(task, id, place);
        Span<byte> step = stackalloc byte[sizeof(long)];
        step.Clear();
        id.AsSpan(0, place).CopyTo(step[^place..]);
        return BinaryPrimitives.ReadInt64BigEndian(step);
    }

    // Its own inverse. Otherwise consecutive steps would share their first digits, by which people recognize commits.
    private static void TurnPlace(string task, Span<byte> id, int place)
    {
        var pad = Hash("fishcheckpoint commit place 1\n"u8, task, id[place..]);
        for (var at = 0; at < place; at++)
        {
            id[at] ^= pad[at];
        }
    }

    private static byte[] Hash(ReadOnlySpan<byte> purpose, string task, ReadOnlySpan<byte> rest) =>
        SHA256.HashData([.. purpose, .. Encoding.UTF8.GetBytes(task), 0, .. rest]);
}
