using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class FrameHeadTests
{
    public static TheoryData<FrameKind> Kinds => [.. Enum.GetValues<FrameKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parse_AnyKind_IsTheMirrorOfToArray(FrameKind kind)
    {
        var head = Sample(kind);
        var again = FrameHead.Parse(new byte[][] { head.ToArray(), [1, 2, 3] }.SelectMany(part => part).ToArray());

        Assert.Equal((head.Kind, head.Chunks, head.Count, head.Length), (again.Kind, again.Chunks, again.Count, again.Length));
        Assert.Equal(head.Digests, again.Digests);
        Assert.Equal(head.Index.ToArray(), again.Index.ToArray());
        Assert.Equal(head.ToArray(), again.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parse_EveryBitFlipped_IsRefused(FrameKind kind)
    {
        var bytes = Sample(kind).ToArray();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<FishException>(() => FrameHead.Parse(damaged));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parse_EveryPrefix_IsTruncated(FrameKind kind)
    {
        var bytes = Sample(kind).ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            Refused.With(length == 0 ? ErrorCode.FrameInvalid : ErrorCode.BodyTruncated, () => FrameHead.Parse(bytes.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(ushort.MaxValue)]
    public void ReadLength_OtherVersion_IsInvalid(ushort version) => Refused.With(
        ErrorCode.FrameInvalid, () => ReadLength(head => BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(8), version)));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 1)]
    [InlineData(1, 4)]
    [InlineData(2, 255)]
    [InlineData(3, 0)]
    public void ReadLength_KindWithOtherDigests_IsInvalid(byte kind, byte digests) =>
        Refused.With(ErrorCode.FrameInvalid, () => ReadLength(head => (head[10], head[11]) = (kind, digests)));

    [Theory]
    [InlineData(-1, 1, 0)]
    [InlineData(1, -1, 10)]
    [InlineData(1, 1, -1)]
    [InlineData(2, 1, 20)] // more chunks than values
    [InlineData(1, 1, 55)] // an index longer than its entries can be
    [InlineData(0, 0, 1)]
    [InlineData(0, 5, 0)] // values, but no chunk
    [InlineData(1, 1, 4)] // an index shorter than its entries can be
    [InlineData(int.MaxValue, long.MaxValue, 0)]
    [InlineData(int.MaxValue, long.MaxValue, int.MaxValue)]
    public void ReadLength_SizesThatCannotBe_IsTooLarge(int chunks, long count, int index) =>
        Refused.With(ErrorCode.FrameTooLarge, () => ReadLength(head =>
    {
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), chunks);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), count);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(24), index);
    }));

    [Fact]
    public void ReadLength_IndexThatNoArrayHolds_IsTooLarge() => Refused.With(ErrorCode.FrameTooLarge, () => ReadLength(head =>
    {
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), 200_000_000);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), long.MaxValue);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(24), int.MaxValue);
    }));

    private static int ReadLength(Action<byte[]> lie)
    {
        var head = Sample(FrameKind.Values).ToArray();
        lie(head);
        return FrameHead.ReadLength(head.AsSpan(0, FrameHead.FixedLength), long.MaxValue);
    }

    private static FrameHead Sample(FrameKind kind) => new(
        kind, [.. Enumerable.Range(0, FrameHead.DigestsOf(kind)).Select(index => Digest.Of([(byte)index]))], 2, 40_000, new byte[30]);
}
