using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.BlockCoding;

/// <summary>The forms that a block's positions and values take where they pay, each found by its byte and read back.</summary>
public sealed class BlockFormsTests
{
    private const int Width = 128;
    private const byte InRows = 5;
    private const byte Few = 3;
    private const byte RowSigns = 4;

    private readonly BlockCoder coder = new();
    private readonly byte[] encoded = new byte[BlockCoder.Room];
    private int positionLength;

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    [InlineData(DType.I8)]
    public void Encode_FewSmallSteps_HasNoTable(DType type)
    {
        var (parent, positions) = (Bytes(type, 3000, new Random(1)), new[] { 0, 7, 8, 500, 2999 });
        var (form, length) = AssertMirror(type, parent, positions, Step(type, parent, positions, new Random(2), _ => 0.5), default);
        Assert.Equal(Few, form);
        Assert.InRange(length, 1, 20);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    public void Encode_TableThatTakesMoreThanItSaves_HasNone(DType type) => Properties.ForSeeds(6, random =>
    {
        // More than those for which none is tried, and so unlike each other that their code is near the numbers' own.
        var parent = Bytes(type, 3000, random);
        int[] positions = [.. Enumerable.Range(0, 64).Select(index => (40 * index) + random.Next(40))];
        var values = Go(type, parent, positions, () => (2 * Math.Min(15, (int)(1 / (1 - random.NextDouble())))) - random.Next(2));
        Assert.Equal(Few, AssertMirror(type, parent, positions, values, default).Form);
    });

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    public void Encode_RowsThatMoveOneWay_TellsSignsByRow(DType type) => Properties.ForSeeds(6, random =>
    {
        var parent = Bytes(type, 100 * Width, random);
        var positions = Enumerable.Range(0, 100 * Width).Where(_ => random.Next(3) == 0).ToArray();
        var (rows, offset) = (Enumerable.Range(0, 102).Select(_ => random.Next(2) == 0 ? 0.05 : 0.9).ToArray(), random.Next(Width));
        var values = Step(type, parent, positions, random, position => rows[(position + offset) / Width]);
        var (form, length) = AssertMirror(type, parent, positions, values, new BlockRows(Width, offset));
        Assert.Equal(RowSigns, form);
        Assert.True(length < AssertMirror(type, parent, positions, values, default).Length);
    });

    [Fact]
    public void Encode_SignsThatAreEven_AreNotCodedByRow()
    {
        var (random, parent) = (new Random(3), Bytes(DType.BF16, 100 * Width, new Random(4)));
        var positions = Enumerable.Range(0, 100 * Width).Where(_ => random.Next(3) == 0).ToArray();
        Assert.NotEqual(
            RowSigns, AssertMirror(
                DType.BF16, parent, positions, Step(DType.BF16, parent, positions, random, _ => 0.5), new BlockRows(Width, 0)).Form);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.I8)]
    public void Encode_RowsThatStayAsTheyAre_LeavesThemOut(DType type) => Properties.ForSeeds(6, random =>
    {
        var (parent, offset, still) = (Bytes(type, 100 * Width, random), random.Next(Width), random.Next(2, 5));
        var positions = Enumerable.Range(0, 100 * Width)
            .Where(position => (position + offset) / Width % still == 0 && random.Next(3) == 0).ToArray();
        var values = Step(type, parent, positions, random, _ => 0.5);
        AssertMirror(type, parent, positions, values, new BlockRows(Width, offset));
        Assert.Equal(InRows, encoded[0]);
        var length = positionLength;
        AssertMirror(type, parent, positions, values, default);
        Assert.True(length < positionLength);
    });

    [Fact]
    public void Decode_RowsThatCannotBe_IsRefused()
    {
        var random = new Random(5);
        var parent = Bytes(DType.BF16, 100 * Width, random);
        var positions = Enumerable.Range(0, 100 * Width).Where(position => position / Width % 3 == 0 && random.Next(3) == 0).ToArray();
        AssertMirror(DType.BF16, parent, positions, Step(DType.BF16, parent, positions, random, _ => 0.5), new BlockRows(Width, 0));
        Assert.Equal(InRows, encoded[0]);
        byte[] good = [.. encoded];

        // A row without units, in either of its two bytes; more before the block than a row has; a parameter that does not exist.
        foreach (var (place, value) in new[] { (3, (byte)0), (4, (byte)0), (5, (byte)0x80), (6, (byte)0x7F) })
        {
            byte[] bad = [.. good];
            bad[place] = value;
            Assert.Equal(
                ErrorCode.CorruptFrame,
                Assert.Throws<FishException>(() => coder.Decode(bad, DType.BF16, parent.ToArray(), new int[positions.Length])).Code);
        }
    }

    [Theory]
    [InlineData(3, 2_000_000, 100)]
    [InlineData(0, 700_000, 0)]
    [InlineData(1, 3000, 1000)]
    public void Of_ABlock_TellsItsPlaceInTheRows(long block, long rows, long length)
    {
        var tensor = length == 0 ? new TensorInfo("bias", DType.BF16, [rows]) : new TensorInfo("weight", DType.BF16, [rows, length]);
        Assert.Equal(length == 0 ? default : new BlockRows(length, block * (Blocks.Size / 2) % length), BlockRows.Of(tensor, block));
    }

    private static byte[] Bytes(DType type, int units, Random random)
    {
        var bytes = new byte[units * DTypes.UnitSizeOf(type)];
        random.NextBytes(bytes);
        return bytes;
    }

    // Each value goes a distance or two up or down.
    private static byte[] Step(DType type, byte[] parent, int[] positions, Random random, Func<int, double> negative)
    {
        var index = 0;
        return Go(type, parent, positions, () => (2 * random.Next(1, 3)) - (random.NextDouble() < negative(positions[index++]) ? 1 : 0));
    }

    private static byte[] Go(DType type, byte[] parent, int[] positions, Func<int> zigzag)
    {
        var unit = DTypes.UnitSizeOf(type);
        var (old, distances) = (new byte[positions.Length * unit], new byte[positions.Length * unit]);
        Units.Gather(parent, positions, unit, old);
        for (var index = 0; index < positions.Length; index++)
        {
            distances[index * unit] = (byte)zigzag();
        }

        Ulp.Apply(type, old, distances, distances);
        return distances;
    }

    private (byte Form, int Length) AssertMirror(DType type, byte[] parent, int[] positions, byte[] values, BlockRows rows)
    {
        var length = coder.Encode(type, parent, positions, values, CodecEffort.Small, encoded, out positionLength, rows);
        var (block, again, expected) = (parent.ToArray(), new int[positions.Length], parent.ToArray());
        Units.Scatter(expected, positions, DTypes.UnitSizeOf(type), values);
        coder.Decode(encoded.AsSpan(0, length), type, block, again);
        Assert.Equal(positions, again);
        Assert.Equal(expected, block);
        return (encoded[positionLength], length - positionLength);
    }
}
