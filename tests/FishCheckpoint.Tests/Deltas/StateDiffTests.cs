using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Deltas;

public sealed class StateDiffTests
{
    private static readonly TensorInfo[] Tensors =
    [
        new("big", DType.F64, [(Blocks.Size / 8) + 77]), new("empty", DType.F32, [0]), new("scalar", DType.BF16, []),
        new("bytes", DType.U8, [1001]), new("packed", DType.F6E2M3, [40]),
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(0.00001)]
    [InlineData(0.01)]
    [InlineData(0.6)]
    [InlineData(1)]
    public void Read_AppliedToTheOldState_IsTheNewState(double density)
    {
        var random = new Random(11);
        var from = MemoryModel.Random(random, Tensors);
        var to = from.Changed(random, density);

        from.Patched(new StateDiff(from, to)).AssertSame(to);
        Assert.Equal(Naive(from, to), MemoryModel.Flatten(new StateDiff(from, to)).Select(change => (change.Tensor, change.Position)));
    }

    [Fact]
    public void Read_AnyTwoStates_AppliesToTheNewState() => Properties.ForSeeds(60, random =>
    {
        var types = DTypes.All.ToArray();
        var tensors = Enumerable.Range(0, random.Next(1, 5))
            .Select(index => new TensorInfo($"t{index}", types[random.Next(types.Length)], [random.Next(100) * 4])).ToArray();
        var from = MemoryModel.Random(random, tensors);
        var to = from.Changed(random, random.NextDouble());
        from.Patched(new StateDiff(from, to)).AssertSame(to);
    });

    [Fact]
    public void Read_EqualStates_IsEmptyAndStaysSo()
    {
        var from = MemoryModel.Random(new Random(1), Tensors);
        var diff = new StateDiff(from, from.Copy());
        var chunk = new DeltaChunk();

        Assert.False(diff.Read(chunk));
        Assert.False(diff.Read(chunk));
        Assert.Equal(0, chunk.Count);
    }

    [Fact]
    public void Read_NewStateInAnotherOrder_IsMatchedByName()
    {
        var random = new Random(3);
        TensorInfo[] tensors = [new("a", DType.F32, [100]), new("b", DType.U8, [50]), new("c", DType.F64, [30])];
        var from = MemoryModel.Random(random, tensors);
        var to = from.Changed(random, 0.3);
        var turned = new MemoryModel(new Layout([.. tensors.Reverse()]), [.. to.Tensors.Reverse()]);

        from.Patched(new StateDiff(from, turned)).AssertSame(to);
    }

    [Fact]
    public void Read_Chunk_CarriesTheParentsValues()
    {
        var random = new Random(5);
        var from = MemoryModel.Random(random, Tensors);
        var diff = new StateDiff(from, from.Changed(random, 0.2));
        var chunk = new DeltaChunk();
        while (diff.Read(chunk))
        {
            Assert.True(chunk.HasParentValues);
            var expected = new byte[chunk.Values.Length];
            Units.Gather(from.Tensors[chunk.Tensor], chunk.Positions, 0, chunk.UnitSize, expected);
            Assert.Equal(expected, chunk.ParentValues.ToArray());
        }
    }

    [Fact]
    public void Read_BlocksThatCannotDiffer_AreNotRead()
    {
        var random = new Random(6);
        var from = MemoryModel.Random(random, Tensors);
        var to = from.Copy();
        to.Tensors[0][Blocks.Size] ^= 1;

        var found = MemoryModel.Flatten(new StateDiff(from, to, (tensor, block) => tensor == 0 && block == 1));

        Assert.Equal((0, (long)Blocks.Size / 8), found.Select(change => (change.Tensor, change.Position)).Single());
        Assert.Equal((1, 1), (from.Reads, to.Reads));
    }

    [Fact]
    public void Constructor_TensorMissing_Throws()
    {
        var from = MemoryModel.Random(new Random(1), Tensors);
        Assert.Throws<ArgumentException>(() => new StateDiff(from, MemoryModel.Random(new Random(1), Tensors[..2])));
    }

    [Fact]
    public void Constructor_TensorOfAnotherSize_Throws()
    {
        var from = MemoryModel.Random(new Random(1), new TensorInfo("a", DType.F32, [4]));

        Assert.Throws<ArgumentException>(() => new StateDiff(from, MemoryModel.Random(new Random(1), new TensorInfo("a", DType.F32, [5]))));
        Assert.Throws<ArgumentException>(() => new StateDiff(from, MemoryModel.Random(new Random(1), new TensorInfo("a", DType.F64, [2]))));
    }

    private static List<(int Tensor, long Position)> Naive(MemoryModel from, MemoryModel to)
    {
        var found = new List<(int, long)>();
        for (var tensor = 0; tensor < from.Tensors.Length; tensor++)
        {
            var size = from.Layout.Tensors[tensor].UnitSize;
            for (var unit = 0; unit < from.Layout.Tensors[tensor].Units; unit++)
            {
                if (!from.Tensors[tensor].AsSpan(unit * size, size).SequenceEqual(to.Tensors[tensor].AsSpan(unit * size, size)))
                {
                    found.Add((tensor, unit));
                }
            }
        }

        return found;
    }
}
