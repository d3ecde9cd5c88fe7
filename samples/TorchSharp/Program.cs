using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Samples.TorchSharp;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;
using FishCheckpoint.TorchSharp;
using FishCheckpoint.Training;
using static TorchSharp.torch;

// The same program is also the trainer that crashes: train FOLDER TASK CRASH_AFTER.
if (args is ["train", var place, var taskName, var crash])
{
    await Training.FineTuneAsync(place, taskName, int.Parse(crash));
    return 0;
}

// And the benchmark: bench [ROUNDS].
if (args is ["bench", .. var rest])
{
    await Bench.RunAsync(rest is [var rounds] ? int.Parse(rounds) : 40);
    return 0;
}

var folder = Directory.CreateTempSubdirectory("fish-torchsharp-").FullName;
try
{
    await PrepareAsync(folder);
    foreach (var (task, runs) in (IEnumerable<(string, int[])>)[("whole", [0]), ("crashed", [23, 41, 0])])
    {
        foreach (var crashAfter in runs)
        {
            Console.WriteLine($"Fine-tuning '{task}':");
            Train(folder, task, crashAfter);
        }
    }

    return await CompareAsync(folder) ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

// A base, two tasks on it, and the mask for both.
static async Task PrepareAsync(string folder)
{
    manual_seed(1);
    using Points before = new(turn: 0, seed: 1), after = new(Training.Turn, seed: 2);
    using var net = new Net();
    Training.Pretrain(net, before);
    Console.WriteLine($"Pretrained: {before.Accuracy(net):P1} accuracy; on the rotated circle {after.Accuracy(net):P1}.");

    using var model = new TorchModel(net);
    var fisher = TorchFisher.Estimate(
        model, Points.Count, example => net.call(after.Places.narrow(0, example, 1)), example => (int)after.Truth[example].item<long>(),
        new FisherOptions
        {
            Samples = 128,
        });
    var mask = MaskSelection.Fish(fisher, model.Rule(0.05));
    MaskFile.Write(Path.Combine(folder, "mask.safetensors"), mask);
    Console.WriteLine($"FISH mask: {mask.Count:N0} of {model.Layout.Elements:N0} values train.");

    model.SaveFile(Path.Combine(folder, "base.safetensors"));
    await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
    await store.Bases.AddAsync("base", ModelUpload.FromPath(Path.Combine(folder, "base.safetensors")));
    await store.Tasks.PutAsync("whole", new TaskSpec("base"));
    await store.Tasks.PutAsync("crashed", new TaskSpec("base"));
}

static void Train(string folder, string task, int crashAfter)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
    string[] own = Path.GetFileNameWithoutExtension(start.FileName) == "dotnet" ? [typeof(Training).Assembly.Location] : [];
    foreach (var argument in (string[])[.. own, "train", folder, task, $"{crashAfter}"])
    {
        start.ArgumentList.Add(argument);
    }

    using var trainer = Process.Start(start)!;
    trainer.WaitForExit();
    if (crashAfter == 0 && trainer.ExitCode != 0)
    {
        throw new InvalidOperationException($"The trainer exited with {trainer.ExitCode}.");
    }
}

// Compares every checkpoint with the file that its trainer wrote, and the crashed run with the uninterrupted one.
static async Task<bool> CompareAsync(string folder)
{
    await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
    var (same, compared, stored, dense) = (0, 0, 0L, 0L);
    foreach (var task in (string[])["whole", "crashed"])
    {
        foreach (var checkpoint in (await store.Checkpoints.ListAsync(task, new PageRequest(1000)).ReadPageAsync()).Items)
        {
            var rebuilt = Path.Combine(folder, "rebuilt.safetensors");
            await using (var reader = await store.States.OpenAsync(task, StepRef.At(checkpoint.Step)))
            {
                await reader.SaveFileAsync(ModelFiles.SingleFileName, rebuilt);
            }

            var bytes = await File.ReadAllBytesAsync(rebuilt);
            bool Is(string file) => bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, file)));
            same += Is($"{task}-{checkpoint.Step}.safetensors") && Is($"whole-{checkpoint.Step}.safetensors") ? 1 : 0;
            (compared, stored, dense) = (compared + 1, stored + checkpoint.StoredBytes, dense + bytes.Length);
        }
    }

    Console.WriteLine(
        $"{same} of {compared} rebuilt model files equal the trainer's files byte for byte, and the crashed run equals the other run.");
    Console.WriteLine($"As files they take {dense / 1e6:F1} MB; the store takes {stored / 1e6:F2} MB, including trainer states.");
    return same == compared && compared == 2 * Training.Steps / Training.SaveEvery;
}
