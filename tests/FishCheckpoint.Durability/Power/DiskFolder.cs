namespace FishCheckpoint.Durability.Power;

/// <summary>A folder of a disk: the names that it has now, and those that are durable. A name stands for a file or a folder.</summary>
public sealed class DiskFolder
{
    /// <summary>What a program sees.</summary>
    public Dictionary<string, object> Now { get; } = new(StringComparer.Ordinal);

    /// <summary>What is there after the power was lost, whatever the disk.</summary>
    public Dictionary<string, object> Durable { get; } = new(StringComparer.Ordinal);
}
