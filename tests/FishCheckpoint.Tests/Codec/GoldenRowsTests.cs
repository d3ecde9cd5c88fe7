using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>What version 1 wrote of matrices whose rows and columns differ stays readable: masks by row, densities, rates, signs by row, few distances.</summary>
public sealed class GoldenRowsTests
{
    private const int Rows = 96;
    private const int Columns = 128;
    private const int Tiny = 300;

    private const int Scattered = 6000;

    private static readonly Layout Layout = new(
        [new TensorInfo("grid", DType.BF16, [Rows, Columns]), new TensorInfo("tiny", DType.BF16, [Tiny]), new TensorInfo("scattered", DType.BF16, [Scattered])]);

    private readonly MemoryModel parent = Parent();

    [Fact]
    public void Decode_GoldenMask_IsTheMask()
    {
        var mask = GoldenFrameTests.Golden("mask-rows.small");
        Assert.Equal(6, mask.Bytes[0]);
        using var decoder = new DeltaDecoder(mask, GoldenFrameTests.Golden("values-rows.small"), Layout, parent);
        AssertIsDelta(decoder);
    }

    [Fact]
    public void Decode_GoldenBlocks_AreTheDelta()
    {
        var blocks = GoldenFrameTests.Golden("blocks-rows.small");
        var entries = ChunkIndex.ReadBlocks(blocks, FrameHead.Parse(blocks.Head), Layout);
        Assert.Equal(3, entries.Length);
        Assert.Equal(3, blocks.Bytes[entries[1].Offset]);
        Assert.Equal(3, blocks.Bytes[entries[2].Offset]);
        using var decoder = new BlocksDecoder(blocks, Layout, parent);
        AssertIsDelta(decoder);
    }

    [Fact]
    public void Encode_TheSame_ComesBackAndTakesNoMoreThanTheGoldenFiles()
    {
        foreach (var (name, bytes) in Encode())
        {
            Assert.InRange(bytes.Length, 1, GoldenFrameTests.Golden(name).ToArray().Length + 8);
        }
    }

    private Dictionary<string, byte[]> Encode()
    {
        using var folder = new TemporaryFolder();
        var options = new CodecOptions { Effort = CodecEffort.Small };
        using var blocks = BlocksEncoder.TryEncode(Moved().OpenReader(), parent, default, options, folder.Path)!;
        using var masked = DeltaEncoder.Encode(Moved().OpenReader(), parent, default, options, folder.Path, TestContext.Current.CancellationToken);
        return new Dictionary<string, byte[]>
        {
            ["blocks-rows.small"] = MemoryFrame.Of(blocks.Values).ToArray(),
            ["mask-rows.small"] = MemoryFrame.Of(masked.Mask!).ToArray(),
            ["values-rows.small"] = MemoryFrame.Of(masked.Values).ToArray(),
        };
    }

    internal static MemoryModel Parent() => new(Layout, [Grid(0), Few(0), Scatter(0)]);

    private static void AssertIsDelta(IDeltaReader read) => Assert.Equal(
        MemoryModel.Flatten(Moved().OpenReader()).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))),
        MemoryModel.Flatten(read).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))));

    private static Delta Moved()
    {
        var mask = Mask.Create(Layout,
        [
            new TensorMask(0, Enumerable.Range(0, Rows * Columns).Where(Taken).Select(place => (long)place).ToArray()), new TensorMask(1, new long[] { 4, 100, 299 }),
            new TensorMask(2, Enumerable.Range(0, Scattered).Where(place => Hash(place) % 4096 < 4096 >> (Small(place) / 128 % 12)).Select(place => (long)place).ToArray()),
        ]);
        byte[][] tensors = [Grid(1), Few(1), Scatter(1)];
        return MaskedState.Gather(mask, tensor => tensors[tensor]);
    }

    // Some rows and columns more than others, and every sixteenth row whole.
    private static bool Taken(int place) => place / Columns % 16 == 3 || (place / Columns * 5 % 13) + (place % Columns * 3 % 17) < 9;

    // Not random, so that no library's generator is part of the format. Even rows mostly go down, the others up.
    private static byte[] Grid(int step) => Fill(Rows * Columns, place =>
    {
        var (up, far) = ((place / Columns % 2 == 0) == (place % Columns % 9 == 0), place % 23 == 0 ? 2 : 1);
        return (ushort)(0x3A00 + (place * 37 % 1500) + (step * (up ? far : -far)));
    });

    private static byte[] Few(int step) => Fill(Tiny, place => (ushort)(0x3F00 + place + (step * ((place % 3) + 1))));

    // Of the smallest values all have changed, of the largest few.
    private static byte[] Scatter(int step) => Fill(Scattered, place => (ushort)(0x3800 + Small(place) + (step * ((int)(Hash(place + 1) % 3) - 1 | 1))));

    private static int Small(int place) => (int)(Hash(place + Scattered) % 1536);

    private static uint Hash(int place) => ((uint)place * 2654435761u) >> 9;

    private static byte[] Fill(int count, Func<int, ushort> bits)
    {
        var bytes = new byte[2 * count];
        for (var place = 0; place < count; place++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * place), bits(place));
        }

        return bytes;
    }
}
