using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Deltas;

/// <summary>The writer and the reader of sparse patches are each other's mirror.</summary>
public sealed class SparsePatchWriterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-patch-").FullName;

    [Fact]
    public async Task Write_EveryDtype_IsReadBack()
    {
        var layout = new Layout([.. DTypes.All.Select((type, index) => new TensorInfo($"t{index}", type, [24_000, 4]))]);
        var random = new Random(1);
        var tensors = layout.Tensors.Select((tensor, index) => new TensorMask(
            index, Enumerable.Range(0, (int)tensor.Units).Where(_ => random.Next(2) == 0).Select(position => (long)position).ToArray()))
            .ToArray();
        await RoundTripAsync(layout, tensors);
    }

    [Theory]
    [InlineData(int.MaxValue, DType.I32)]
    [InlineData(int.MaxValue + 1L, DType.I64)]
    public async Task Write_Indices_AreAsWideAsNeeded(long position, DType expected)
    {
        var layout = new Layout([new TensorInfo("a", DType.F32, [5]), new TensorInfo("b", DType.F64, [3_000_000_000])]);
        using var patch = await RoundTripAsync(layout, [new TensorMask(0, new long[] { 4 }), new TensorMask(1, new[] { 0, position })]);
        Assert.All(
            patch.Header.Tensors.Where(tensor => tensor.Info.Name.EndsWith(".indices", StringComparison.Ordinal)),
            tensor => Assert.Equal(expected, tensor.Info.Type));
    }

    [Fact]
    public void Write_WithoutMask_IsRefused()
    {
        var layout = new Layout([new TensorInfo("a", DType.F32, [5])]);
        using var whole = Encode(layout, [new TensorMask(0, new long[] { 4 })]);
        using var valuesOnly = new EncodedDelta(null, whole.Values);
        Assert.Equal(ErrorCode.MaskUnknown, Assert.Throws<FishException>(() => new SparsePatchWriter(valuesOnly, layout)).Code);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private EncodedDelta Encode(Layout layout, TensorMask[] tensors)
    {
        var (mask, random) = (Mask.Create(layout, tensors), new Random(2));
        var values = mask.Tensors.Select(tensor =>
        {
            var bytes = new byte[tensor.Positions.Length * layout.Tensors[tensor.Tensor].UnitSize];
            random.NextBytes(bytes);
            return (ReadOnlyMemory<byte>)bytes;
        });
        return DeltaEncoder.Encode(new Delta(mask, [.. values]).OpenReader(), null, default, new CodecOptions(), folder);
    }

    private async Task<SafetensorsFile> RoundTripAsync(Layout layout, TensorMask[] tensors)
    {
        using var delta = Encode(layout, tensors);
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}");
        var writer = new SparsePatchWriter(delta, layout);
        await using (var file = File.Create(path))
        {
            var pipe = PipeWriter.Create(file);
            await writer.WriteToAsync(pipe, TestContext.Current.CancellationToken);
            await pipe.CompleteAsync();
        }

        Assert.Equal(writer.Header.FileLength, new FileInfo(path).Length);
        var patch = SafetensorsFile.Open(path);
        Assert.All(patch.Header.Tensors, tensor => Assert.Equal(0, tensor.Begin % tensor.Info.UnitSize));
        using var again = DeltaEncoder.Encode(new SparsePatchReader(patch, layout), null, default, new CodecOptions(), folder);
        Assert.Equal((delta.MaskId, delta.ValuesDigest), (again.MaskId, again.ValuesDigest));
        return patch;
    }
}
