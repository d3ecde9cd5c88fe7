using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>What version 1 wrote of tensors that change densely, or in some rows alone, stays readable: positions by rate and in rows, tables by levels, few distances.</summary>
public sealed class GoldenWordsTests
{
    private const string Name = "blocks-words.small";
    private const int Rows = 64;
    private const int Columns = 96;
    private const int Tiny = 300;

    private static readonly Layout Layout = new(
        [new TensorInfo("dense", DType.BF16, [Rows, Columns]), new TensorInfo("tokens", DType.BF16, [Rows, Columns]), new TensorInfo("tiny", DType.BF16, [Tiny])]);

    private readonly MemoryModel parent = Parent();

    [Fact]
    public void Decode_GoldenBlocks_AreTheDelta()
    {
        var blocks = GoldenFrameTests.Golden(Name);
        var entries = ChunkIndex.ReadBlocks(blocks, FrameHead.Parse(blocks.Head), Layout);
        Assert.Equal([4, 5, 2], entries.Select(entry => (int)blocks.Bytes[entry.Offset]));
        using var decoder = new BlocksDecoder(blocks, Layout, parent);
        Assert.Equal(
            MemoryModel.Flatten(Moved().OpenReader()).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))),
            MemoryModel.Flatten(decoder).Select(change => (change.Tensor, change.Position, Convert.ToHexString(change.Value))));
    }

    [Fact]
    public void Encode_TheSame_TakesNoMoreThanTheGoldenFile()
    {
        using var folder = new TemporaryFolder();
        var options = new CodecOptions { Effort = CodecEffort.Small };
        using var blocks = BlocksEncoder.TryEncode(
            Moved().OpenReader(), parent, default, options, folder.Path, cancellation: TestContext.Current.CancellationToken)!;
        Assert.InRange(MemoryFrame.Of(blocks.Values).ToArray().Length, 1, GoldenFrameTests.Golden(Name).ToArray().Length + 8);
    }

    internal static MemoryModel Parent() =>
        new(Layout, [Weights(0, Rows * Columns), Weights(0, Rows * Columns), Weights(0, Tiny)]);

    private static Delta Moved()
    {
        var mask = Mask.Create(Layout, [.. Enumerable.Range(0, 3).Select(tensor => new TensorMask(tensor, Taken(tensor)))]);
        byte[][] tensors = [Weights(1, Rows * Columns), Weights(1, Rows * Columns), Weights(1, Tiny)];
        return MaskedState.Gather(mask, tensor => tensors[tensor]);
    }

    // The larger a value, the less often it has changed; of the second tensor every third row alone, of the last one a quarter.
    private static long[] Taken(int tensor) => [.. Enumerable.Range(0, tensor == 2 ? Tiny : Rows * Columns)
        .Where(place => tensor == 2 ? Hash(place) % 4 == 1 : (tensor == 0 || place / Columns % 3 == 1) && Hash(place) % 4096 < 3800 >> (Small(place) / 128 % 12))
        .Select(place => (long)place)];

    // Not random, so that no library's generator is part of the format. Small values go far.
    private static byte[] Weights(int step, int count)
    {
        var bytes = new byte[2 * count];
        for (var place = 0; place < count; place++)
        {
            var distance = 1 + (int)(Hash(place + 1) % (1U << Math.Max(0, 5 - (Small(place) / 128))));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * place), (ushort)(0x3800 + Small(place) + (step * (Hash(place + 2) % 2 == 0 ? distance : -distance))));
        }

        return bytes;
    }

    private static int Small(int place) => (int)(Hash(place + 10_000) % 1536);

    private static uint Hash(int place) => ((uint)place * 2654435761u) >> 9;
}
