using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Stores;

/// <summary>Reads what a line of <see cref="StoreModel.Lines"/> tells of, by its name, in a store that may be damaged.</summary>
public static class FlippedProbe
{
    private static readonly PageRequest All = new(1000);

    public static async Task<string> LineAsync(CheckpointStore store, string line)
    {
        var words = line.Split(' ');
        switch (words[0])
        {
            case "base":
                await using (var reader = await store.Bases.OpenAsync(words[1]))
                {
                    return $"base {words[1]} {StoreModel.Hash(await reader.ReadAsync())}";
                }

            case "task":
                var task = await store.Tasks.GetAsync(words[1]);
                return StoreModel.TaskLine(task.Name, Contents.BaseOf(task.Name), task.Description, task.Checkpoints, task.Latest);
            default:
                return await StoreProbe.LineAsync(store, await store.Checkpoints.GetAsync(words[1], StepRef.At(long.Parse(words[2]))));
        }
    }

    /// <summary>Compares the lists with the lines, and each tag with what it is set on.</summary>
    /// <returns>How many were refused.</returns>
    public static async Task<int> ListsAsync(CheckpointStore store, IReadOnlyList<string> lines, Action<string> found)
    {
        var refused = 0;
        refused += await CompareAsync(async () => (
            await store.Bases.ListAsync(All).ReadPageAsync()).Items.Select(item => $"base {item.Name}"), lines, "base ", 2, found);
        refused += await CompareAsync(async () => (
            await store.Tasks.ListAsync(All).ReadPageAsync()).Items.Select(item => $"task {item.Name}"), lines, "task ", 2, found);
        foreach (var task in lines.Where(line => line.StartsWith("task ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]))
        {
            refused += await CompareAsync(
                async () => (await store.Checkpoints.ListAsync(task, All).ReadPageAsync()).Items.Select(
                    item => $"step {task} {item.Step}"), lines, $"step {task} ", 3, found);
        }

        return refused;
    }

    private static async Task<int> CompareAsync(
        Func<Task<IEnumerable<string>>> list, IReadOnlyList<string> lines, string prefix, int words, Action<string> found)
    {
        try
        {
            var there = await list();
            var expected = lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal))
                .Select(line => string.Join(' ', line.Split(' ').Take(words)));
            if (!there.SequenceEqual(expected))
            {
                found($"the list has [{string.Join("; ", there)}] in the place of [{string.Join("; ", expected)}]");
            }

            return 0;
        }
        catch (FishException)
        {
            return 1;
        }
    }
}
