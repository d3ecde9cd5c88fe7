using System.Text;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>What the values of a fixed mask take in a real store, step after step, and whether every step comes back.</summary>
internal static class StoreSizes
{
    public static async Task<string> RunAsync(FishFolder fish, string training, string loss)
    {
        var folder = Directory.CreateTempSubdirectory("fish-sizes-").FullName;
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(
                new StoreOptions
                {
                    DataFolder = Path.Combine(folder, "data"), Codec = new Codec.CodecOptions { Effort = Codec.CodecEffort.Small },
                });
            await store.Bases.AddAsync("base", ModelUpload.FromPath(fish.BasePath));
            await store.Tasks.PutAsync("task", new TaskSpec("base"));
            var saved = new List<CheckpointInfo>();
            foreach (var (step, path) in fish.Steps)
            {
                using var patch = SafetensorsFile.Open(path);
                saved.Add((await store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Sparse(patch))).Value);
            }

            await CheckAsync(store, fish, folder);
            return Table(fish, saved, training, loss);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CheckAsync(CheckpointStore store, FishFolder fish, string folder)
    {
        foreach (var (step, path) in fish.Steps)
        {
            var restored = Path.Combine(folder, "restored.safetensors");
            await using (var reader = await store.States.OpenAsync("task", StepRef.At(step)))
            {
                await reader.SaveFileAsync(ModelFiles.SingleFileName, restored);
            }

            if (!Checkpoint.Load(restored).Equals(fish.Model(path)))
            {
                throw new InvalidDataException($"Step {step} came back with other bits.");
            }

            File.Delete(restored);
        }
    }

    private static string Table(FishFolder fish, List<CheckpointInfo> saved, string training, string loss)
    {
        var values = saved.Skip(1).Sum(info => info.Changed);
        var (first, later) = (saved[0], saved.Skip(1).Sum(info => info.StoredBytes));
        var files = fish.Steps.Skip(1).Sum(step => new FileInfo(step.Path).Length);
        var (table, positions) = (new StringBuilder(), fish.Mask("mask.safetensors").Count);
        table.AppendLine(
            $"### Values of a FISH mask every {fish.Steps[1].Step - fish.Steps[0].Step} steps, through the store: {training}\n");
        table.AppendLine(
            $"{saved.Count} checkpoints of {first.Changed:N0} changed values of {positions:N0} in the mask; each was rebuilt and compared. "
            + $"The first one takes {first.StoredBytes:N0} bytes, of them {first.PositionBytes:N0} its positions. {loss} The "
            + $"{saved.Count - 1} after the first:\n");
        table.AppendLine("| | bytes | a value | FishCheckpoint = 1 |\n|---|---:|---:|---:|");
        Row("FishCheckpoint, stored", later);
        Row("FISH authors' (int32, float32)", 8 * values);
        Row("sparse patches as the trainer wrote them (I64, F32)", files);
        Row("whole models", (saved.Count - 1) * new FileInfo(fish.BasePath).Length);
        return table.ToString();

        void Row(string name, long bytes) =>
            table.AppendLine($"| {name} | {bytes:N0} | {(double)bytes / values:0.00} | {(double)bytes / later:0.00} |");
    }
}
