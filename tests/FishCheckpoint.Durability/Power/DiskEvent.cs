namespace FishCheckpoint.Durability.Power;

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
