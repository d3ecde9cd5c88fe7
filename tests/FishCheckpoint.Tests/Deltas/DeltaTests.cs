using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Deltas;

public sealed class DeltaTests
{
    private static readonly Layout Layout = new(
        [new TensorInfo("a", DType.F32, [(3 * DeltaChunk.Capacity) + 5]), new TensorInfo("b", DType.U8, [10]),
        new TensorInfo("c", DType.F64, [DeltaChunk.Capacity])]);

    [Fact]
    public void OpenReader_MoreThanAChunkHolds_ReadsItAllInFullChunks()
    {
        var random = new Random(2);
        var mask = Mask.Create(Layout,
        [
            new TensorMask(0, Properties.Positions(random, (2 * DeltaChunk.Capacity) + 1, Layout.Tensors[0].Units)),
            new TensorMask(1, new long[] { 0, 9 }),
                new TensorMask(2, Enumerable.Range(0, DeltaChunk.Capacity).Select(unit => (long)unit).ToArray()),
        ]);
        var values = mask.Tensors.Select(tensor => new byte[tensor.Positions.Length * Layout.Tensors[tensor.Tensor].UnitSize]).ToArray();
        Array.ForEach(values, random.NextBytes);
        var delta = new Delta(mask, [.. values.Select(bytes => (ReadOnlyMemory<byte>)bytes)]);

        foreach (var _ in new int[2])
        {
            var all = MemoryModel.Flatten(delta.OpenReader());
            Assert.Equal(mask.Tensors.SelectMany(tensor => tensor.Positions.ToArray().Select(position => (tensor.Tensor, position))),
                all.Select(change => (change.Tensor, change.Position)));
            Assert.Equal(values.SelectMany(bytes => bytes), all.SelectMany(change => change.Value));
        }
    }

    [Fact]
    public void OpenReader_NoPosition_IsEmptyAndStaysSo()
    {
        var reader = new Delta(Mask.Create(Layout, []), []).OpenReader();
        var chunk = new DeltaChunk();

        Assert.False(reader.Read(chunk));
        Assert.False(reader.Read(chunk));
    }

    [Fact]
    public void Constructor_ValuesThatDoNotFit_Throws()
    {
        var mask = Mask.Create(Layout, [new TensorMask(0, new long[] { 0, 1 })]);

        Assert.Throws<ArgumentException>(() => new Delta(mask, []));
        Assert.Throws<ArgumentException>(() => new Delta(mask, [new byte[7]]));
        Assert.Throws<ArgumentException>(() => new Delta(mask, [new byte[8], new byte[1]]));
    }

    [Fact]
    public void Gather_Masked_TakesTheValuesOfItsPositions()
    {
        var random = new Random(4);
        TensorInfo[] tensors = [new("a", DType.F32, [50]), new("b", DType.I8, [20]), new("c", DType.F4, [12])];
        var (from, to) = (MemoryModel.Random(random, tensors), MemoryModel.Random(random, tensors));
        var mask = Mask.Create(from.Layout, [new TensorMask(0, new long[] { 0, 7, 49 }), new TensorMask(2, new long[] { 5 })]);

        var patched = from.Patched(MaskedState.Gather(mask, tensor => to.Tensors[tensor]).OpenReader());

        Units.Gather(to.Tensors[0], mask.Tensors[0].Positions.Span, 0, 4, from.Tensors[0]);
        Assert.Equal(from.Tensors[0][..12], MaskedState.Gather(mask, tensor => patched.Tensors[tensor]).Values[0].ToArray());
        Assert.Equal(to.Tensors[2][5], patched.Tensors[2][5]);
        Assert.Equal(from.Tensors[1], patched.Tensors[1]);
    }

    [Fact]
    public void Gather_EveryPosition_IsTheNewState()
    {
        var random = new Random(5);
        TensorInfo[] tensors = [new("a", DType.BF16, [100_000]), new("b", DType.C64, [9])];
        var (from, to) = (MemoryModel.Random(random, tensors), MemoryModel.Random(random, tensors));

        from.Patched(MaskedState.Gather(Mask.Dense(from.Layout), tensor => to.Tensors[tensor]).OpenReader()).AssertSame(to);
    }

    [Fact]
    public void Gather_TensorOfAnotherLength_Throws() => Assert.Throws<ArgumentException>(
        () => MaskedState.Gather(Mask.Create(Layout, [new TensorMask(1, new long[] { 0 })]), _ => new byte[11]));

    [Fact]
    public void Append_MoreThanFree_Throws()
    {
        var chunk = new DeltaChunk();
        chunk.Reset(0, 8);
        chunk.Append(DeltaChunk.Capacity, out _, out var values);

        Assert.Equal((DeltaChunk.Capacity * 8, 0), (values.Length, chunk.Free));
        Assert.Throws<ArgumentOutOfRangeException>(() => chunk.Append(1, out _, out _));
    }
}
