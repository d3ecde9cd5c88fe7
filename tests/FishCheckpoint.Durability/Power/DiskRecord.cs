using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.Durability.Power;

/// <summary>Reads what Faults/record.c has written.</summary>
public static class DiskRecord
{
    private const int HeadLength = 32;

    /// <summary>Reads a record.</summary>
    /// <param name="path">The record.</param>
    /// <returns>The calls; paths are relative to the folder that was recorded.</returns>
    public static DiskEvent[] Read(string path)
    {
        var (bytes, events, place) = (File.ReadAllBytes(path), new List<DiskEvent>(), 0);
        while (place < bytes.Length)
        {
            var head = bytes.AsSpan(place, HeadLength);
            var kind = (DiskEventKind)BinaryPrimitives.ReadInt32LittleEndian(head);
            var (file, at) = (BinaryPrimitives.ReadInt32LittleEndian(head[4..]), BinaryPrimitives.ReadInt64LittleEndian(head[8..]));
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
            var (first, second) = (BinaryPrimitives.ReadInt32LittleEndian(head[24..]), BinaryPrimitives.ReadInt32LittleEndian(head[28..]));
            place += HeadLength;
            string Text(int begin, int size) => Encoding.UTF8.GetString(bytes, begin, size);
            events.Add(new DiskEvent(
                kind, file, at, Text(place, first), Text(place + first, second), bytes.AsMemory(place + first + second, length)));
            place += first + second + length;
        }

        return [.. events];
    }
}

/// <summary>One recorded call.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="File">The descriptor.</param>
/// <param name="Place">Where it writes, the new size, or how a file is opened.</param>
/// <param name="First">A path, or the line of a mark.</param>
/// <param name="Second">The other path.</param>
/// <param name="Data">What is written.</param>
public readonly record struct DiskEvent(DiskEventKind Kind, int File, long Place, string First, string Second, ReadOnlyMemory<byte> Data)
{
    /// <summary>Whether an opening makes the file if it is missing.</summary>
    public bool Creates => (Place & 1) != 0;

    /// <summary>Whether an opening cuts the file to nothing.</summary>
    public bool Empties => (Place & 2) != 0;

    /// <summary>Whether each write through the opened file is durable when it returns.</summary>
    public bool Syncs => (Place & 4) != 0;

    public override string ToString() =>
        $"{Kind} {(First.Length > 0 ? First : $"of descriptor {File}")}{(Second.Length > 0 ? $", {Second}" : "")}";
}

/// <summary>Kinds of recorded calls, numbered as in Faults/record.c.</summary>
public enum DiskEventKind
{
    /// <summary>A line of the transcript: what was begun or acknowledged.</summary>
    Mark,
    Open,
    Close,
    Write,
    Size,
    Sync,
    Rename,
    Link,
    Unlink,
    MakeFolder,

    /// <summary>A call of which nobody knows what a disk would hold.</summary>
    Other,
}

/// <summary>A folder of a disk: the names that it has now, and those that are durable. A name stands for a file or a folder.</summary>
public sealed class DiskFolder
{
    /// <summary>What a program sees.</summary>
    public Dictionary<string, object> Now { get; } = new(StringComparer.Ordinal);

    /// <summary>What is there after the power was lost, whatever the disk.</summary>
    public Dictionary<string, object> Durable { get; } = new(StringComparer.Ordinal);
}

/// <summary>A name that appeared in a folder, or went from it, and is not durable yet.</summary>
/// <param name="call">The number of the call: the two names of a renaming have the same.</param>
/// <param name="folder">The folder.</param>
/// <param name="name">The name.</param>
/// <param name="node">What it stands for from now on; <see langword="null"/>: nothing.</param>
/// <param name="isLeft">Whether it goes because its file moves to another name.</param>
public sealed class NameChange(int call, DiskFolder folder, string name, object? node, bool isLeft)
{
    public int Call => call;

    public DiskFolder Folder => folder;

    public string Name => name;

    public object? Node => node;

    public bool IsLeft => isLeft;

    /// <summary>Whether something was synced since: a journal has it then.</summary>
    public bool IsInJournal { get; set; }

    /// <summary>Whether the file that it names was synced since.</summary>
    public bool IsNodeSynced { get; set; }

    /// <summary>Puts it into a folder's names.</summary>
    public void Apply(Dictionary<string, object> names)
    {
        if (node is null)
        {
            names.Remove(name);
        }
        else
        {
            names[name] = node;
        }
    }
}
