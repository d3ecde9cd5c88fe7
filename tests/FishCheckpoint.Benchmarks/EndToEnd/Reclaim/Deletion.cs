using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>Nine checkpoints of ten go: by requests, with their task, and by retention.</summary>
/// <param name="Going">What was there and is to go.</param>
/// <param name="Staying">What stays.</param>
internal sealed record Deletion(IReadOnlyList<CheckpointInfo> Going, IReadOnlyList<CheckpointInfo> Staying)
{
    private const int KeepEvery = 10;

    /// <summary>Decides what goes. What the latest checkpoint of a task under retention is laid on stays with it.</summary>
    public static async Task<Deletion> PlanAsync(FishClient client)
    {
        var (going, staying) = (new List<CheckpointInfo>(), new List<CheckpointInfo>());
        foreach (var task in new[] { ReclaimStore.Fixed, ReclaimStore.Chain, ReclaimStore.Folded, ReclaimStore.Trial })
        {
            var all = (await client.Checkpoints.ListAsync(task, new PageRequest(1000)).ReadPageAsync()).Items;
            var anchor = task is ReclaimStore.Chain or ReclaimStore.Folded ? all[^1].Parent : null;
            foreach (var info in all)
            {
                (task != ReclaimStore.Trial && (info.Step % KeepEvery == 0 || StepRef.At(info.Step).ToString() == anchor) ? staying : going).Add(info);
            }
        }

        return new Deletion(going, staying);
    }

    /// <summary>Bytes that the report counts for what goes.</summary>
    public long Bytes => Going.Sum(info => info.StoredBytes);

    /// <summary>Deletes by requests, and asks for the retention that deletes the others in the next round.</summary>
    public async Task BeginAsync(FishClient client)
    {
        foreach (var info in Going.Where(info => info.Task == ReclaimStore.Fixed))
        {
            await client.Checkpoints.DeleteAsync(info.Task, StepRef.At(info.Step));
        }

        await client.Tasks.DeleteAsync(ReclaimStore.Trial);
        foreach (var task in new[] { ReclaimStore.Chain, ReclaimStore.Folded })
        {
            await client.Tasks.PutAsync(task, new TaskSpec("base", Retention: new Retention(KeepEvery: KeepEvery)));
        }
    }
}
