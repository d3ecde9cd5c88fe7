using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Stores;

/// <summary>Reads all that can be seen of a store, in the words of <see cref="StoreModel.Lines"/>.</summary>
public static class StoreProbe
{
    private static readonly PageRequest All = new(1000);

    public static async Task<IReadOnlyList<string>> LinesAsync(CheckpointStore store)
    {
        var lines = new List<string>();
        foreach (var found in (await store.Bases.ListAsync(All).ReadPageAsync()).Items)
        {
            await using var reader = await store.Bases.OpenAsync(found.Name);
            lines.Add($"base {found.Name} {StoreModel.Hash(await reader.ReadAsync())}");
        }

        foreach (var task in (await store.Tasks.ListAsync(All).ReadPageAsync()).Items)
        {
            lines.Add(StoreModel.TaskLine(task.Name, Contents.BaseOf(task.Name), task.Description, task.Checkpoints, task.Latest));
            foreach (var step in (await store.Checkpoints.ListAsync(task.Name, All).ReadPageAsync()).Items)
            {
                lines.Add(await LineAsync(store, step));
            }
        }

        return [.. lines, .. (await DeletedAsync(store)).Order(StringComparer.Ordinal)];
    }

    private static async Task<List<string>> DeletedAsync(CheckpointStore store)
    {
        var lines = new List<string>();
        var tasks = (await store.Tasks.ListDeletedAsync(All).ReadPageAsync()).Items;
        lines.AddRange(tasks.Where(task => task.Whole).Select(task => StoreModel.DeletedTaskLine(task.Name, task.Checkpoints)));
        foreach (var name in tasks.Select(task => task.Name).Distinct(StringComparer.Ordinal))
        {
            lines.AddRange(
                (await store.Checkpoints.ListDeletedAsync(name, All).ReadPageAsync()).Items.Select(item => StoreModel.DeletedLine(
                name, item.WithTask, item.Step, item.TrainerStateBytes == 0 ? "-" : "state", item.Metrics["loss"], item.Tags)));
        }

        return lines;
    }

    /// <summary>One checkpoint.</summary>
    public static async Task<string> LineAsync(CheckpointStore store, CheckpointInfo step) => StoreModel.StepLine(
        step.Task, step.Step, StoreModel.Hash(await store.RestoreAsync(step.Task, step.Step)), await StateOfAsync(store, step),
        await FilesOfAsync(store, step), step.Metrics["loss"], step.Tags, step.Pinned);

    private static async Task<string> FilesOfAsync(CheckpointStore store, CheckpointInfo step)
    {
        await using var reader = await store.States.OpenAsync(step.Task, StepRef.At(step.Step));
        var files = new List<(string, byte[])>();
        foreach (var file in reader.Files.Where(file => file.Name != ModelFiles.SingleFileName))
        {
            files.Add((file.Name, await reader.ReadAsync(file.Name)));
        }

        return files.Count == 0 ? "-" : StoreModel.FilesLine(files);
    }

    private static async Task<string> StateOfAsync(CheckpointStore store, CheckpointInfo step)
    {
        if (step.TrainerStateBytes == 0)
        {
            return "-";
        }

        await using var stream = await store.States.OpenTrainerStateAsync(step.Task, StepRef.At(step.Step));
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return StoreModel.Hash(bytes.ToArray());
    }
}
