using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>A byte flipped anywhere in a delta: it is refused by name and saved in no part, or says the same as before.</summary>
public sealed class FlippedByteTests : InterchangeTest
{
    private const int FlipsPerFile = 20;

    [Theory]
    [InlineData(InterchangeFormat.DiskDelta, "xor")]
    [InlineData(InterchangeFormat.DiskDelta, "overwrite")]
    [InlineData(InterchangeFormat.SparsePatch, null)]
    [InlineData(InterchangeFormat.SparsePatchV3, null)]
    [InlineData(InterchangeFormat.Grail, null)]
    [InlineData(InterchangeFormat.Manifest, null)]
    public async Task Delta_AByteFlippedAnywhere_IsRefusedOrTheSame(InterchangeFormat format, string? encoding)
    {
        var model = TestModel.Create(7, null, new TensorInfo("a", DType.BF16, [20, 30]), new TensorInfo("b", DType.BF16, [90]));
        var first = model.Changed(1, 0.1, "a", "b");
        var second = first.Changed(2, 0.05, "a", "b");
        await PrepareAsync(model, (1, first), (2, second), (3, second.Changed(3, 0.05, "a", "b")));
        await ExportAsync(format, "out", options => options with { Encoding = encoding });

        var (refused, flips) = (0, 0);
        foreach (var path in FilesOfVersion2())
        {
            var bytes = await File.ReadAllBytesAsync(path, Stop);
            var stride = Math.Max(1, bytes.Length / FlipsPerFile);
            for (var at = 0; at < bytes.Length; at += stride)
            {
                var flipped = (byte[])bytes.Clone();
                flipped[at] ^= (byte)(1 << (at % 8));
                await File.WriteAllBytesAsync(path, flipped, Stop);
                refused += await IsRefusedAsync(format, $"task-{flips++}", $"{Path.GetFileName(path)} at {at}") ? 1 : 0;
            }

            await File.WriteAllBytesAsync(path, bytes, Stop);
        }

        // What says nothing of weights may be anything: when it was written, what is said twice.
        Assert.InRange(refused, flips / 3, flips);
    }

    private string[] FilesOfVersion2() => [.. Directory.EnumerateFiles(PathOf("out"), "*", SearchOption.AllDirectories)
        .Where(
            path => Path.GetRelativePath(PathOf("out"), path) is var name
            && (name.Contains("000002", StringComparison.Ordinal) || name.Contains("checkpoint-2", StringComparison.Ordinal))
            && new FileInfo(path).Length > 0)
        .Order(StringComparer.Ordinal)];

    private async Task<bool> IsRefusedAsync(InterchangeFormat format, string task, string where)
    {
        await Store.Tasks.PutAsync(task, new TaskSpec("base"), Stop);
        FishException? refusal = null;
        try
        {
            await ImportAsync(Store, format, "out", options => options with { Task = task });
        }
        catch (FishException error)
        {
            refusal = error;
        }

        var steps = (await Store.Checkpoints.ListAsync(task, new PageRequest(10), Stop).ReadPageAsync()).Items.Select(
            item => item.Step).Order().ToArray();
        Assert.True(
            refusal is null ? steps is [1, 2, 3] : steps is [] or [1], $"{where}: {string.Join(", ", steps)} are stored. {refusal}");
        Assert.True(
            refusal is null || (refusal.Key.Contains('2', StringComparison.Ordinal)
            && !refusal.Key.Contains('/', StringComparison.Ordinal)), $"{where}: {refusal}");
        foreach (var step in steps)
        {
            var restored = await Store.RestoreAsync(task, step);
            Assert.True(Steps[step].ToBytes().AsSpan().SequenceEqual(restored), $"{where}: {step} is another state.");
        }

        return refusal is not null;
    }
}
