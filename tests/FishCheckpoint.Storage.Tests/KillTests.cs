using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A writer killed at any moment: what it had acknowledged is there, and every step is whole or absent.</summary>
[Trait("Category", "Slow")]
public sealed class KillTests : StoreFixture
{
    /// <summary>The environment variable that turns this test program into the writer to be killed.</summary>
    public const string WriterFolder = "FISH_TEST_WRITER_FOLDER";

    [Fact(Timeout = 600_000)]
    public async Task Kill_DuringSaves_LosesNothingAcknowledged()
    {
        var random = new Random(20261123);
        var acknowledged = new List<long>();
        for (var round = 0; round < 6; round++)
        {
            acknowledged.AddRange(await RunWriterAsync(round * 1000, random.Next(5, 120)));
            await ReopenAsync();
            var there = (await Store.Checkpoints.ListAsync("task", new PageRequest(1000), Stop).ReadPageAsync()).Items.Select(
                item => item.Step).ToHashSet();
            Assert.Subset(there, acknowledged.ToHashSet());
            foreach (var step in there.Where(step => step >= round * 1000))
            {
                Assert.Equal(Base.Change((int)step, 0.001).ToBytes(), await Store.RestoreAsync("task", step));
            }
        }

        Assert.NotEmpty(acknowledged);
    }

    /// <summary>The writer: saves step after step and says so on its output once each is acknowledged.</summary>
    internal static async Task WriteAsync(string folder, long first)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
        var model = TestModel.Create();
        for (var step = first; ; step++)
        {
            var path = model.Change((int)step, 0.001).Write(Path.Combine(folder, "..", $"writer-{first}"));
            using (var file = ModelFolder.Open(path))
            {
                await store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file));
            }

            Console.WriteLine($"saved {step}");
            await Console.Out.FlushAsync();
        }
    }

    // Kills the writer a few milliseconds after one of its acknowledgements.
    private async Task<List<long>> RunWriterAsync(long first, int milliseconds)
    {
        var start = OwnProcess.Start(WriterFolder, Options.DataFolder);
        start.ArgumentList.Add($"{first}");
        using var writer = Process.Start(start)!;
        var (saved, clock) = (new List<long>(), (Stopwatch?)null);
        try
        {
            while (await writer.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                saved.Add(long.Parse(line.AsSpan("saved ".Length)));
                if ((clock ??= Stopwatch.StartNew()).ElapsedMilliseconds >= milliseconds)
                {
                    writer.Kill();
                }
            }
        }
        finally
        {
            writer.Kill();
        }

        await writer.WaitForExitAsync(Stop);
        Assert.True(saved.Count > 0, await writer.StandardError.ReadToEndAsync(Stop));
        return saved;
    }
}
