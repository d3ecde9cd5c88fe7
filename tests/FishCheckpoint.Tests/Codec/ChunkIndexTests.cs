using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class ChunkIndexTests
{
    private const int Full = DeltaChunk.Capacity;

    private static readonly Layout Layout = new(
        [new TensorInfo("a", DType.F32, [3 * Full]), new TensorInfo("e", DType.F32, [0]), new TensorInfo("b", DType.U8, [10])]);

    [Fact]
    public void ReadMask_Entries_AreThoseAppended()
    {
        ChunkEntry[] entries =
        [
            new(0, Full, 0, Full + 4, 0, 10, 1), new(0, Full, Full + 5, (2 * Full) + 100, 10, 20, 2),
            new(0, 7, (3 * Full) - 7, (3 * Full) - 1, 30, 0, 3),
            new(2, 2, 3, 9, 30, 5, uint.MaxValue),
        ];

        Assert.Equal(entries, Read(entries));
    }

    [Fact]
    public void ReadMask_NoChunk_IsEmpty() => Assert.Empty(Read([]));

    [Fact]
    public void ReadMask_OtherLayout_IsLayoutMismatch()
    {
        var (frame, head) = Frame([Entry(2, 1, 0, 0)]);
        Refused.With(ErrorCode.LayoutMismatch, () => ChunkIndex.ReadMask(frame, head, new Layout([new TensorInfo("b", DType.U8, [10])])));
    }

    [Theory]
    [InlineData(2, 1, 10, 10)] // outside the tensor
    [InlineData(2, 1, 0, 10)]
    [InlineData(2, 3, 0, 1)] // more positions than lie between first and last
    [InlineData(2, 0, 0, 1)] // no position
    [InlineData(1, 1, 0, 0)] // an empty tensor
    public void ReadMask_CoverThatCannotBe_IsOutOfRange(int tensor, int count, long first, long last) =>
        Refused.With(ErrorCode.IndexOutOfRange, () => Read([Entry(tensor, count, first, last)]));

    [Theory]
    [InlineData(3, 1, 0, 0)] // no such tensor
    [InlineData(int.MaxValue, 1, 0, 0)]
    [InlineData(2, 1, 11, 11)] // beyond what the tensor has
    [InlineData(2, 1, long.MaxValue, long.MaxValue)]
    [InlineData(2, 1, 0, long.MaxValue)]
    [InlineData(0, Full + 1, 0, Full + 1)] // more than a chunk holds
    [InlineData(0, int.MaxValue, 0, 1)]
    public void ReadMask_NumberThatCannotBe_IsCorrupt(int tensor, int count, long first, long last) =>
        Refused.With(ErrorCode.CorruptFrame, () => Read([Entry(tensor, count, first, last)]));

    [Fact]
    public void ReadMask_ChunkNotFullBeforeItsTensorEnds_IsCorrupt() =>
        Refused.With(ErrorCode.CorruptFrame, () => Read([Entry(0, 5, 0, 4), Entry(0, 5, 5, 9) with { Offset = 1 }]));

    [Fact]
    public void ReadMask_MoreChunksThanTheLayoutHasRoomFor_IsTooLarge() => Refused.With(
        ErrorCode.FrameTooLarge, () => Read([.. Enumerable.Range(0, 5).Select(index => Entry(0, 1, index, index))]));

    [Fact]
    public void ReadMask_ChunkLongerThanCanBe_IsCorrupt() =>
        Refused.With(ErrorCode.CorruptFrame, () => Read([Entry(2, 1, 0, 0) with { Length = ChunkCoder.MaxEncoded + 1 }]));

    [Fact]
    public void ReadMask_TotalsThatDoNotAddUp_IsCorrupt()
    {
        var (frame, head) = Frame([Entry(2, 1, 0, 0)]);

        Refused.With(ErrorCode.CorruptFrame, () => ChunkIndex.ReadMask(new MemoryFrame(frame.Head.ToArray(), new byte[2]), head, Layout));
        Refused.With(ErrorCode.CorruptFrame, () => ChunkIndex.ReadMask(
            frame, new FrameHead(FrameKind.Mask, [.. head.Digests], 1, 2, head.Index), Layout));
        Refused.With(ErrorCode.CorruptFrame, () => ChunkIndex.ReadMask(
            frame, new FrameHead(FrameKind.Mask, [.. head.Digests], 1, 1, head.Index.ToArray().Append((byte)0).ToArray()), Layout));
    }

    [Fact]
    public void ReadMask_OtherKind_IsInvalid()
    {
        var (frame, head) = Frame([]);
        Refused.With(
            ErrorCode.FrameInvalid, () => ChunkIndex.ReadMask(frame, new FrameHead(FrameKind.Bytes, [Layout.Id], 0, 0, default), Layout));
        Refused.With(ErrorCode.FrameInvalid, () => ChunkIndex.ReadValues(frame, head, head, []));
        Refused.With(ErrorCode.FrameInvalid, () => ChunkIndex.ReadBytes(frame, head));
    }

    [Theory]
    [InlineData(long.MaxValue, 5)]
    [InlineData(long.MaxValue, int.MaxValue)]
    [InlineData((ChunkIndex.BytesPerChunk * 2L) + 1, 2)]
    [InlineData(1, 2)]
    public void ReadBytes_CountThatDoesNotFitItsChunks_IsTooLarge(long count, int chunks) => Refused.With(
        ErrorCode.FrameTooLarge,
        () => ChunkIndex.ReadBytes(new MemoryFrame([], []), new FrameHead(FrameKind.Bytes, [default], chunks, count, default)));

    [Fact]
    public void ReadMask_GarbageIndex_ThrowsNothingElse() => Properties.ForSeeds(2000, random =>
    {
        var index = new byte[random.Next(60)];
        random.NextBytes(index);
        for (var place = 0; place < index.Length; place++)
        {
            index[place] = random.Next(2) == 0 ? (byte)random.Next(4) : index[place];
        }

        var chunks = random.Next(5);
        var (mask, values) = (Head(FrameKind.Mask, Layout.Id, default), Head(FrameKind.Values, Layout.Id, default, default, default));
        var frame = new MemoryFrame([], new byte[random.Next(10)]);
        AssertFish(() => ChunkIndex.ReadMask(frame, mask, Layout));
        AssertFish(() => ChunkIndex.ReadValues(frame, values, mask, new ChunkEntry[chunks]));
        AssertFish(() => ChunkIndex.ReadBytes(frame, Head(FrameKind.Bytes, default(Digest))));
        AssertFish(() => ChunkIndex.SumOfMaskLengths(mask));

        FrameHead Head(FrameKind kind, params Digest[] digests) => new(kind, digests, chunks, chunks * 3, index);
    });

    private static void AssertFish(Action action)
    {
        var error = Record.Exception(action);
        Assert.True(error is null or FishException, error?.ToString());
    }

    private static ChunkEntry Entry(int tensor, int count, long first, long last) => new(tensor, count, first, last, 0, 1, 0);

    private static ChunkEntry[] Read(ChunkEntry[] entries)
    {
        var (frame, head) = Frame(entries);
        return ChunkIndex.ReadMask(frame, head, Layout);
    }

    private static (MemoryFrame Frame, FrameHead Head) Frame(ChunkEntry[] entries)
    {
        var index = new List<byte>();
        ChunkEntry? before = null;
        foreach (var entry in entries)
        {
            ChunkIndex.Append(index, FrameKind.Mask, entry, before);
            before = entry;
        }

        var head = new FrameHead(
            FrameKind.Mask, [Layout.Id, default], entries.Length, entries.Sum(entry => (long)entry.Count), index.ToArray());
        return (new MemoryFrame(head.ToArray(), new byte[entries.Sum(entry => entry.Length)]), head);
    }
}
