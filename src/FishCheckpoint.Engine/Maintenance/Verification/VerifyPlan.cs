using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// The order in which a round verifies items: those verified longest ago first. Values that share reads are verified together.
/// </summary>
internal sealed class VerifyPlan
{
    // The most frames open at a time, each with a piece in memory, and how far ahead to search for related items.
    private const int Together = 16;
    private const int Window = 1024;

    private readonly VerifyItem[] items;
    private readonly HashSet<string> done = new(StringComparer.Ordinal);
    private int next;

    private VerifyPlan(VerifyItem[] items) => this.items = items;

    public static VerifyPlan Create(IEnumerable<VerifyItem> inventory, VerifySubset? subset) => new(
        [.. inventory.Where(item => IsIn(item.Name, subset)).OrderBy(item => item.Verified ?? long.MinValue).ThenBy(item => item.Kind)
            .ThenBy(item => item.Row)]);

    /// <summary>Stored bytes of all items.</summary>
    public long Bytes => items.Sum(item => item.Bytes);

    /// <summary>The next item; <see langword="null"/> at the end.</summary>
    public VerifyItem? Next()
    {
        while (next < items.Length && done.Contains(items[next].Name))
        {
            next++;
        }

        return next < items.Length ? items[next] : null;
    }

    /// <summary>An item and related items that fit into the bytes together with it.</summary>
    public IReadOnlyList<VerifyItem> Relatives(VerifyItem item, long bytes)
    {
        var sum = item.Bytes;
        return item.Family is not { IsPredicted: false } family ? [item]
            : [item, .. items.Skip(next + 1).Take(Window).Where(other => other.Family == family && !done.Contains(other.Name))
                .Take(Together - 1).TakeWhile(other => (sum += other.Bytes) <= bytes)];
    }

    /// <summary>Marks an item as verified.</summary>
    public void Done(string name) => done.Add(name);

    private static bool IsIn(string name, VerifySubset? subset) =>
        subset is null || Crc32C.Compute(Encoding.UTF8.GetBytes(name)) % subset.Of == subset.Part - 1;
}
