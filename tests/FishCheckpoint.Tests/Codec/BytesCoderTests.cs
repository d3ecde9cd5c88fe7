using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class BytesCoderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<int> Lengths =>
        [0, 1, ChunkIndex.BytesPerChunk - 1, ChunkIndex.BytesPerChunk, ChunkIndex.BytesPerChunk + 1, (3 * ChunkIndex.BytesPerChunk) + 7];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Open_AnyLength_IsTheMirrorOfEncode(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content.AsSpan(length / 2));
        foreach (var compression in Enum.GetValues<Compression>())
        {
            var frame = await Encode(content, new CodecOptions(compression, compression));
            var owner = new MemoryStream();
            var read = new MemoryStream();
            await using (var stream = BytesCoder.Open(frame, owner))
            {
                Assert.Equal(length, stream.Length);
                await stream.CopyToAsync(read, TestContext.Current.CancellationToken);
            }

            Assert.True(content.AsSpan().SequenceEqual(read.ToArray()));
            Assert.Equal(Digest.Of(content), FrameHead.Parse(frame.Head).Digests[0]);
            Assert.False(owner.CanRead, "The owner is disposed with the stream.");
        }
    }

    [Fact]
    public async Task EncodeAsync_MoreThanTheLimit_IsTooLarge()
    {
        await Encode(new byte[100], new CodecOptions(), limit: 100);
        await Refused.WithAsync(ErrorCode.TooLarge, () => Encode(new byte[101], new CodecOptions(), limit: 100));
    }

    [Fact]
    public async Task Open_EveryByteFlipped_IsRefused()
    {
        var content = new byte[300];
        new Random(1).NextBytes(content);
        var whole = (await Encode(content, new CodecOptions())).ToArray();
        for (var index = 0; index < whole.Length; index++)
        {
            var damaged = whole.ToArray();
            damaged[index] ^= 0x10;
            Assert.Throws<FishException>(() => BytesCoder.Open(MemoryFrame.Of(damaged), null).CopyTo(new MemoryStream()));
        }

        for (var length = FrameHead.FixedLength; length < whole.Length; length++)
        {
            Assert.Throws<FishException>(() => BytesCoder.Open(MemoryFrame.Of(whole[..length]), null).CopyTo(new MemoryStream()));
        }
    }

    [Fact]
    public async Task Read_AfterARefusal_GivesNothingDamaged()
    {
        var frame = await Encode(new byte[ChunkIndex.BytesPerChunk + 5], new CodecOptions(Compression.Stored, Compression.Stored));
        frame.Bytes[^1] ^= 1;
        using var stream = BytesCoder.Open(frame, null);
        stream.ReadExactly(new byte[ChunkIndex.BytesPerChunk]);

        Refused.With(ErrorCode.CorruptFrame, () => stream.ReadByte());
        Refused.With(ErrorCode.CorruptFrame, () => stream.ReadByte());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Read_OtherDigest_IsCorrupt(int length)
    {
        using var writer = new FrameWriter(FrameKind.Bytes, folder.Path);
        var encoded = new byte[64];
        if (length > 0)
        {
            writer.Append(0, length, 0, 0, encoded.AsSpan(0, ChunkCoder.EncodeBytes(new byte[length], new CodecOptions(), encoded)));
        }

        var frame = writer.Finish(Digest.Of("other"u8));
        Refused.With(ErrorCode.CorruptFrame, () => BytesCoder.Open(frame, null).ReadByte());
    }

    private async Task<MemoryFrame> Encode(byte[] content, CodecOptions options, long limit = long.MaxValue)
    {
        using var writer = new FrameWriter(FrameKind.Bytes, folder.Path);
        return MemoryFrame.Of(
            await BytesCoder.EncodeAsync(new MemoryStream(content), options, writer, limit, TestContext.Current.CancellationToken));
    }
}
