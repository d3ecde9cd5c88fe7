using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Client;
using FishCheckpoint.Demo;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Runs the demo: trains, saves sparse deltas over HTTP, rebuilds every step, compares and reports.</summary>
internal sealed class Demonstration(Terminal terminal, DemoPlan plan, string folder, Action<FormattableString> say)
{
    /// <summary>The name of the base in the store.</summary>
    public const string BaseName = "digits";

    private static readonly ParallelOptions AllCores = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    public async Task<DemoResult> RunAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        DemoFolder.Recreate(folder);
        var trainer = new DemoTrainer(Digits.Load(), plan.Training);
        var pretraining = trainer.PrepareBase();
        var accuracy = await Progress.SpinAsync(
            terminal, "pretraining", () => Task.Run(() => pretraining.Train(null, cancellation), cancellation));
        var (size, right) = (Say.Count(pretraining.Model.Layout.Elements), Say.Share(accuracy));
        say($"Pretrained a network of [bold]{size}[/] parameters on real handwritten digits: {right} of the test images right.");

        await using var server = await DemoServer.StartAsync(folder, cancellation);
        var baseInfo = await AddBaseAsync(server.Client, pretraining.Model, cancellation);
        say($"Serving on [bold]{server.Address}[/]; base [bold]{BaseName}[/] is {Say.Bytes(baseInfo.Bytes)}, id {Say.Short(baseInfo.Id)}.");

        var runs = await TrainAsync(server.Client, trainer, pretraining.Model, baseInfo.Id, cancellation);
        var saved = Say.Count(runs.Saved.Sum(run => run.Digests.Count));
        say($"Trained {runs.Accuracies.Count} times; saved {saved} checkpoints of {runs.Saved.Count} FISH runs while they trained.");

        var rebuilding = Stopwatch.StartNew();
        var rebuilt = await RebuildAsync(server.Client, runs.Saved, cancellation);
        say($"Rebuilt all of them over HTTP: {Say.Bytes(rebuilt.Bytes)} in {rebuilding.Elapsed.TotalSeconds:N1} s.");
        var before = plan.Tasks.ToDictionary(
            task => task.Name, task => trainer.AccuracyBefore(pretraining.Model, task), StringComparer.Ordinal);
        var report = await server.Client.Reports.GetStorageAsync(null, cancellation);
        return new DemoResult(folder, accuracy, before, runs.Accuracies, runs.Saved, rebuilt, report, clock.Elapsed.TotalSeconds);
    }

    private async Task<BaseInfo> AddBaseAsync(FishClient client, Mlp model, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, $"{BaseName}.safetensors");
        ModelExport.Write(model, path);
        return (await client.Bases.AddAsync(BaseName, ModelUpload.FromPath(path), cancellation)).Value;
    }

    private async Task<RunResults> TrainAsync(
        FishClient client, DemoTrainer trainer, Mlp trainedBase, Digest baseId, CancellationToken cancellation)
    {
        var results = new RunResults();
        var jobs = plan.Tasks.SelectMany(
            task => plan.Ratios.SelectMany(ratio => new[] { (task, DemoMask.Fish, ratio), (task, DemoMask.Random, ratio) })
            .Append((task, DemoMask.Dense, 1.0))).ToArray();
        await Progress.StepsAsync(terminal, "training", jobs.Length, done => Parallel.ForEachAsync(jobs, AllCores, async (job, _) =>
        {
            var (task, kind, ratio) = job;
            var run = trainer.Prepare(trainedBase, task, kind, ratio);
            var accuracy = kind == DemoMask.Fish
                ? await TrainAndSaveAsync(client, task, run, baseId, results, cancellation)
                : run.Train(null, cancellation);
            results.Add(new RunAccuracy(task.Name, kind, ratio, accuracy));
            done(run.Name);
        }));
        return results;
    }

    private async Task<double> TrainAndSaveAsync(
        FishClient client, DemoTask task, DemoRun run, Digest baseId, RunResults results, CancellationToken cancellation)
    {
        await client.Tasks.PutAsync(run.Name, task.Spec(BaseName), cancellation);
        var (saved, accuracy) = await SavingRun.TrainAsync(client, run, baseId, plan.SaveEverySteps, cancellation);
        results.Add(saved);
        return accuracy;
    }

    private async Task<RebuildResult> RebuildAsync(FishClient client, IReadOnlyList<SavedRun> runs, CancellationToken cancellation)
    {
        var results = new List<RebuildResult>();
        await Progress.StepsAsync(terminal, "rebuilding", runs.Sum(run => run.Digests.Count), async done =>
        {
            foreach (var run in runs)
            {
                results.Add(await Rebuild.RunAsync(client.States, run, done, cancellation));
            }
        });
        return RebuildResult.Sum(results);
    }
}
