using System.IO.Pipelines;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class EncodedDeltaTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly MemoryModel from = MemoryModel.Random(
        new Random(1), new TensorInfo("a", DType.F32, [60]), new TensorInfo("b", DType.BF16, [30]), new TensorInfo("c", DType.U8, [9]));

    private readonly MemoryModel to;

    public EncodedDeltaTests() => to = from.Changed(new Random(2), 0.4);

    public static TheoryData<Compression> All => [.. Enum.GetValues<Compression>()];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_WhatWasWritten_IsTheSameDelta()
    {
        using var encoded = Encode();
        var body = await Body(encoded);
        Assert.Equal(encoded.Length, body.Length);
        using var opened = Open(body);

        Assert.Equal(
            (encoded.Layout, encoded.MaskId, encoded.Parent, encoded.ValuesDigest),
            (opened.Layout, opened.MaskId, opened.Parent, opened.ValuesDigest));
        Assert.Equal((encoded.Changed, encoded.Length), (opened.Changed, opened.Length));
        Apply(opened.Mask!, opened).AssertSame(to);
    }

    [Fact]
    public async Task Open_ValuesAlone_AreReadWithTheMaskAtHand()
    {
        using var encoded = Encode();
        using var valuesOnly = new EncodedDelta(null, encoded.Values);
        using var opened = Open(await Body(valuesOnly));

        Assert.Null(opened.Mask);
        Assert.Null(opened.MaskHead);
        Assert.Equal(valuesOnly.Length, opened.Length);
        Apply(encoded.Mask!, opened).AssertSame(to);
    }

    [Fact]
    public async Task Open_EmptyDelta_IsTwoHeads()
    {
        using var encoded = DeltaEncoder.Encode(
            new StateDiff(from, from), from, default, new CodecOptions(), folder.Path, TestContext.Current.CancellationToken);
        var body = await Body(encoded);
        using var opened = Open(body);

        Assert.Equal((96 + 160, 0L), (body.Length, opened.Changed));
        Apply(opened.Mask!, opened).AssertSame(from);
    }

    [Fact]
    public async Task WriteToAsync_PayloadBeyondASegment_IsWrittenWhole()
    {
        var random = new Random(3);
        var big = MemoryModel.Random(random, new TensorInfo("a", DType.F64, [200_000]));
        var changed = big.Changed(random, 0.9);
        using var encoded = DeltaEncoder.Encode(
            new StateDiff(big, changed), null, default, new CodecOptions(Compression.Stored, Compression.Stored), folder.Path,
            TestContext.Current.CancellationToken);
        using var opened = Open(await Body(encoded));
        using var decoder = new DeltaDecoder(opened.Mask!, opened.Values, big.Layout, null);

        big.Patched(decoder).AssertSame(changed);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Open_EveryBitFlipped_IsRefused(Compression compression)
    {
        using var encoded = Encode(compression);
        var body = await Body(encoded);
        for (var index = 0; index < body.Length; index++)
        {
            var damaged = body.ToArray();
            damaged[index] ^= (byte)(1 << (index % 8));
            Assert.Throws<FishException>(() => Decode(damaged));
            damaged[index] = (byte)~body[index];
            Assert.Throws<FishException>(() => Decode(damaged));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Open_CutAtEveryLength_IsRefused(Compression compression)
    {
        using var encoded = Encode(compression);
        var body = await Body(encoded);
        for (var length = 0; length < body.Length; length++)
        {
            // A cut right behind the mask leaves a mask alone, which is no delta either.
            Assert.Throws<FishException>(() => Decode(body[..length]));
        }
    }

    [Fact]
    public async Task Open_CutWithinTheMasksChunks_IsBodyTruncated()
    {
        using var encoded = Encode();
        var body = await Body(encoded);
        var mask = MemoryFrame.Of(encoded.Mask!).ToArray().Length;

        Refused.With(ErrorCode.BodyTruncated, () => Open(body[..(mask - 1)]));
        Refused.With(ErrorCode.BodyTruncated, () => Open(body[..(encoded.Mask!.Head.Length + 1)]));
    }

    [Fact]
    public async Task Open_BytesLeftOver_IsRefused()
    {
        using var encoded = Encode();
        var body = await Body(encoded);

        Refused.With(ErrorCode.CorruptFrame, () => Decode([.. body, 0]));
        Refused.With(ErrorCode.CorruptFrame, () => Decode([.. body, .. body]));
    }

    [Fact]
    public async Task Open_FramesInAnotherOrder_IsRefused()
    {
        using var encoded = Encode();
        var (mask, values) = (MemoryFrame.Of(encoded.Mask!).ToArray(), MemoryFrame.Of(encoded.Values).ToArray());
        using var writer = new FrameWriter(FrameKind.Bytes, folder.Path);
        var bytes = await BytesCoder.EncodeAsync(
            new MemoryStream([1]), new CodecOptions(), writer, 10, TestContext.Current.CancellationToken);

        Assert.Throws<FishException>(() => Decode([.. values, .. mask]));
        Refused.With(ErrorCode.FrameInvalid, () => Decode([.. mask, .. mask]));
        Refused.With(ErrorCode.FrameInvalid, () => Decode(MemoryFrame.Of(bytes).ToArray()));
        Refused.With(ErrorCode.FrameInvalid, () => new EncodedDelta(encoded.Values, encoded.Mask!));
    }

    [Fact]
    public void Open_Garbage_ThrowsNothingElse() => Properties.ForSeeds(300, random =>
    {
        var body = new byte[random.Next(300)];
        random.NextBytes(body);
        FrameHead.Magic.CopyTo(body.Length >= 8 ? body : new byte[8]);
        if (body.Length > 12)
        {
            (body[8], body[9], body[10]) = (1, 0, (byte)random.Next(1, 4));
            body[11] = (byte)FrameHead.DigestsOf((FrameKind)body[10]);
        }

        Assert.Throws<FishException>(() => Decode(body));
    });

    // A forger can compute checksums too: whatever the index says then must be refused, or decode to what it says.
    [Fact]
    public void Decode_ForgedIndexWithRightChecksums_ThrowsNothingElse()
    {
        using var encoded = Encode(Compression.Stored);
        var (mask, values) = (MemoryFrame.Of(encoded.Mask!), MemoryFrame.Of(encoded.Values));
        Properties.ForSeeds(300, random =>
        {
            var frames = new[] { mask, values }.Select(frame => Forge(random, frame)).ToArray();
            var error = Record.Exception(() => Decode([.. frames[0].ToArray(), .. frames[1].ToArray()]));
            Assert.True(error is null or FishException, error?.ToString());
        });
    }

    private static MemoryFrame Forge(Random random, MemoryFrame frame)
    {
        var head = FrameHead.Parse(frame.Head);
        var index = head.Index.ToArray();
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            index[random.Next(index.Length)] = (byte)random.Next(256);
        }

        var payload = frame.Bytes.ToArray();
        return new MemoryFrame(
            new FrameHead(head.Kind, [.. head.Digests], head.Chunks, Math.Max(head.Chunks, head.Count + random.Next(-1, 2)), index)
            .ToArray(), payload);
    }

    private EncodedDelta Encode(Compression compression = Compression.Zstd) => DeltaEncoder.Encode(
        new StateDiff(from, to), from, Digest.Of("parent"u8), new CodecOptions(compression, compression), folder.Path,
        TestContext.Current.CancellationToken);

    private static async Task<byte[]> Body(EncodedDelta delta)
    {
        var stream = new MemoryStream();
        var pipe = PipeWriter.Create(stream);
        await delta.WriteToAsync(pipe, TestContext.Current.CancellationToken);
        await pipe.CompleteAsync();
        return stream.ToArray();
    }

    private EncodedDelta Open(byte[] body)
    {
        File.WriteAllBytes(folder["body"], body);
        return EncodedDelta.Open(folder["body"]);
    }

    private MemoryModel Decode(byte[] body)
    {
        using var opened = Open(body);
        if (opened.Mask is not null)
        {
            return Apply(opened.Mask, opened);
        }

        using var own = Encode();
        return Apply(own.Mask!, opened);
    }

    private MemoryModel Apply(IFrame mask, EncodedDelta delta)
    {
        using var decoder = new DeltaDecoder(mask, delta.Values, from.Layout, from);
        return from.Patched(decoder);
    }
}
