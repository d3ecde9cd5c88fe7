using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>A trainer that goes on saving: a thousandth of the values, some times a second.</summary>
internal sealed class LiveWriter(FishClient client, ReclaimModel model)
{
    private const string Name = "live";
    private const double Share = 0.013;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Seconds of each save.</summary>
    public List<double> Times { get; } = [];

    /// <summary>Bytes that its checkpoints take: they came while others went.</summary>
    public long StoredBytes { get; private set; }

    public async Task GoOnAsync(CancellationToken end)
    {
        await client.Tasks.PutAsync(Name, new TaskSpec("base"), CancellationToken.None);
        var mask = model.Draw(Share);
        for (var step = 1; !end.IsCancellationRequested; step++)
        {
            var content = new CheckpointContent.Changed(model.Next(mask));
            var clock = Stopwatch.StartNew();
            var saved = await client.Checkpoints.SaveAsync(Name, step, content, cancellationToken: CancellationToken.None);
            Times.Add(clock.Elapsed.TotalSeconds);
            StoredBytes += saved.Value.StoredBytes;
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
