using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine;
using FishCheckpoint.Masks;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Many;

/// <summary>
/// A store with very many checkpoints of a tiny model, each saved as a trainer would: some tasks with a thousand each, and one that has the
/// rest.
/// </summary>
internal sealed class ManyStore
{
    /// <summary>The one task with many checkpoints.</summary>
    public const string Large = "large";

    private const int PerTask = 1000;

    private static readonly Layout Model = new([
        .. Enumerable.Range(0, 4).Select(index => new TensorInfo($"layers.{index}.weight", DType.F32, [16, 16])),
        new TensorInfo("head.weight", DType.F32, [16])]);

    private readonly CheckpointStore store;
    private readonly Mask[] masks = [.. Enumerable.Range(0, 8).Select(seed => Draw(new Random(seed)))];

    private ManyStore(CheckpointStore store) => this.store = store;

    /// <summary>Makes it.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="tasks">Tasks with a thousand checkpoints each.</param>
    /// <param name="large">Checkpoints of the one task.</param>
    public static async Task CreateAsync(string folder, int tasks, int large)
    {
        await using var opened = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
        await using var file = new MemoryStream(HeaderWriter.Create(Model.Tensors).ToFileBytes().Concat(new byte[Model.Bytes]).ToArray());
        await opened.Bases.AddAsync("base", ModelUpload.FromStream(file));
        var many = new ManyStore(opened);

        // One is encoded while another is written.
        var works = Enumerable.Range(0, tasks).Select(index => (NameOf(index), PerTask)).Append((Large, large))
            .Where(work => work.Item2 > 0);
        await Parallel.ForEachAsync(
            works, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (work, _) => await many.FillAsync(work.Item1, work.Item2));
    }

    /// <summary>The name of a small task.</summary>
    public static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"task-{index:D3}");

    /// <summary>A mask of a few positions.</summary>
    public static Mask Draw(Random random) => Mask.Create(Model, Model.Tensors.Select((tensor, index) =>
        new TensorMask(
            index, Enumerable.Range(0, (int)tensor.Units).Where(_ => random.Next(16) == 0).Append((int)tensor.Units - 1).Distinct()
            .Select(unit => (long)unit).ToArray())));

    /// <summary>A delta with new values at a few positions.</summary>
    public static CheckpointContent Content(Mask mask, Random random) =>
        new CheckpointContent.Changed(new Delta(mask, [.. mask.Tensors.Select(tensor =>
    {
        var values = new byte[tensor.Positions.Length * sizeof(float)];
        random.NextBytes(values);
        return (ReadOnlyMemory<byte>)values;
    })]));

    private async Task FillAsync(string task, int checkpoints)
    {
        await store.Tasks.PutAsync(task, new TaskSpec("base", Retention: new Retention(Monitor: "loss")));
        var random = new Random(checkpoints);
        for (var step = 0; step < checkpoints; step++)
        {
            var options = new SaveOptions
            {
                Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = random.NextDouble(), ["epoch"] = step / 100 },
            };
            await store.Checkpoints.SaveAsync(task, step, Content(masks[random.Next(masks.Length)], random), options);
            if (step % 100 == 0)
            {
                await store.Checkpoints.SetTagAsync(task, $"tag-{step}", StepRef.At(step));
            }
        }
    }
}
