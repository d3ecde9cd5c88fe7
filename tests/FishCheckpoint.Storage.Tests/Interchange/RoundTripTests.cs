using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Interchange;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

public sealed class RoundTripTests : InterchangeTest
{
    public static TheoryData<InterchangeFormat, string?, string?, string?> Forms => new()
    {
        { InterchangeFormat.DiskDelta, "xor", "xxh3-128", null },
        { InterchangeFormat.DiskDelta, "xor", "blake3", null },
        { InterchangeFormat.DiskDelta, "xor", "adler32", null },
        { InterchangeFormat.DiskDelta, "overwrite", "xxh3-128", null },
        { InterchangeFormat.DiskDelta, "overwrite", "blake3", null },
        { InterchangeFormat.DiskDelta, "overwrite", "adler32", null },
        { InterchangeFormat.SparsePatch, null, null, null },
        { InterchangeFormat.SparsePatchV3, null, null, "gap_delta" },
        { InterchangeFormat.SparsePatchV3, null, null, "raw" },
        { InterchangeFormat.Grail, null, null, null },
        { InterchangeFormat.Manifest, null, "xxh3-128", null },
        { InterchangeFormat.Manifest, null, "sha256", null },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Bfloat_ThereAndBack_IsTheSame(InterchangeFormat format, string? encoding, string? checksum, string? positions)
    {
        var model = Models.Bfloat();
        var names = model.Layout.Tensors.Where(tensor => tensor.Shape.Count > 0 && tensor.Units > 0)
            .Select(tensor => tensor.Name).ToArray();
        var first = model.Changed(1, 0.02, names);
        var second = first.Changed(2, 0.0001, "embed.weight")
            .WithWords("layer.0.bias", 0x8000, 0x0000, 0x7FC1, 0xFFFF, 0x7F80, 0xFF80, 0x7F81);
        await PrepareAsync(model, (5, first), (6, second), (7, second), (8, second.Changed(3, 0.4, names)));

        await RoundTripAsync(format, encoding, checksum, positions);
    }

    [Theory]
    [InlineData(InterchangeFormat.DiskDelta)]
    [InlineData(InterchangeFormat.Grail)]
    [InlineData(InterchangeFormat.Manifest)]
    public async Task Floats_ThereAndBack_AreTheSame(InterchangeFormat format)
    {
        var model = Models.Floats();
        var first = model.Changed(1, 0.01, "a.f32", "b.bf16", "c.f16");
        await PrepareAsync(
            model, (0, first), (10, first.Changed(2, 0.001, "a.f32", "d.f32")), (1000000, first.Changed(3, 0.1, "b.bf16", "c.f16")));
        await RoundTripAsync(format, null, null, null);
    }

    [Theory]
    [InlineData("xor")]
    [InlineData("overwrite")]
    public async Task DiskDelta_EveryDtype_IsTheSame(string encoding)
    {
        var model = TestModel.Create();
        await PrepareAsync(model, (1, model.Change(1)), (2, model.Change(1).Change(2, 0.001)), (3, model.Change(3, 0.5)));
        await RoundTripAsync(InterchangeFormat.DiskDelta, encoding, null, null);
    }

    private async Task RoundTripAsync(InterchangeFormat format, string? encoding, string? checksum, string? positions)
    {
        var exported = await ExportAsync(
            format, "out", options => options with { Encoding = encoding, Checksum = checksum, Positions = positions });
        Assert.Equal((Steps.Count, Steps.Count), (exported.Written, exported.Versions.Count));
        Assert.Equal([true, .. Enumerable.Repeat(false, Steps.Count - 1)], exported.Versions.Select(version => version.Full));

        var other = await OpenAsync();
        await PrepareAsync(other);
        var imported = await ImportAsync(other, format, "out");
        Assert.Equal(Steps.Keys, imported.Versions.Select(version => version.Step));
        Assert.Equal(Steps.Count, imported.Saved);
        await AssertSameAsync(other);

        // The same again changes nothing, on either side.
        Assert.Equal(0, (await ImportAsync(other, format, "out")).Saved);
        Assert.Equal(0, (await ImportAsync(other, format, "out", options => options with { OnlyNew = true })).Saved);
        var again = await ExportAsync(
            format, "out", options => options with { Encoding = encoding, Checksum = checksum, Positions = positions });
        Assert.Equal((0, exported.Bytes), (again.Written, again.Bytes));
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(PathOf("out"), "*", SearchOption.AllDirectories),
            path => path.EndsWith(".tmp", StringComparison.Ordinal));

        // A store without the base makes it of the first full version.
        var empty = await OpenAsync();
        Assert.Equal("made", (await ImportAsync(empty, format, "out", options => options with { Base = "made" })).Base);
        foreach (var (step, model) in Steps)
        {
            await AssertTensorsAsync(empty, step, model);
        }
    }

    private static async Task AssertTensorsAsync(CheckpointStore store, long step, TestModel model)
    {
        await using var reader = await store.States.OpenAsync("task", StepRef.At(step), Stop);
        foreach (var tensor in model.Layout.Tensors)
        {
            using var bytes = new MemoryStream();
            var pipe = System.IO.Pipelines.PipeWriter.Create(bytes);
            await reader.CopyTensorAsync(tensor.Name, pipe, Stop);
            await pipe.CompleteAsync();
            Assert.Equal(model[tensor.Name], bytes.ToArray());
        }
    }
}
