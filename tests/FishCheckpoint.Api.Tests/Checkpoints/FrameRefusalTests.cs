using System.IO.Pipelines;
using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Checkpoints;

/// <summary>Hostile and damaged frames are refused before they cost anything.</summary>
public sealed class FrameRefusalTests : ApiTest
{
    private const int Head = 6;

    [Fact]
    public async Task Frames_ForOtherStates_AreRefused()
    {
        var other = TestModel.Create(1, null, new TensorInfo("head.weight", DType.F32, [10, 17]));
        await RefusedAsync(
            (HttpStatusCode)422, "LAYOUT_MISMATCH", async () => await SendAsync(await BytesOfAsync(Encode(other.Layout, 0, default))));
        await RefusedAsync(
            (HttpStatusCode)422, "BASE_MISMATCH",
            async () => await SendAsync(await BytesOfAsync(Encode(Base.Layout, Head, Digest.Of("x"u8)))));
        using var whole = Encode(Base.Layout, Head, default);
        await RefusedAsync(
            (HttpStatusCode)422, "MASK_UNKNOWN", async () => await SendAsync(await BytesOfAsync(new EncodedDelta(null, whole.Values))));
    }

    [Fact]
    public async Task Frames_Damaged_AreRefused()
    {
        var frames = await BytesOfAsync(Encode(Base.Layout, Head, default));
        await RefusedAsync(HttpStatusCode.BadRequest, "CORRUPT_FRAME", () => SendAsync(Flipped(frames, 40)));
        await RefusedAsync(HttpStatusCode.BadRequest, "CORRUPT_FRAME", () => SendAsync(Flipped(frames, frames.Length - 1)));
        await RefusedAsync(HttpStatusCode.BadRequest, "FRAME_INVALID", () => SendAsync(Flipped(frames, 0)));
        await RefusedAsync(HttpStatusCode.BadRequest, "FRAME_INVALID", () => SendAsync([]));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () => SendAsync(frames[..20]));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () => SendAsync(frames[..60]));
        await RefusedAsync(HttpStatusCode.BadRequest, "CORRUPT_FRAME", () => SendAsync(frames[..^1]));
    }

    [Fact]
    public async Task Frames_DeclaringTheImpossible_AreRefused()
    {
        var frames = await BytesOfAsync(Encode(Base.Layout, Head, default));
        BitConverter.TryWriteBytes(frames.AsSpan(24), int.MaxValue);
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "FRAME_TOO_LARGE", () => SendAsync(frames));
    }

    [Fact]
    public async Task Positions_Bomb_IsRefused()
    {
        // Two positions whose gaps claim to decode to a terabyte.
        byte[] chunk = [(byte)Compression.Brotli, 4, .. VarintOf(1L << 40), 0x0b, 0, 0x80, 3];
        await RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, "FRAME_TOO_LARGE", async () => await SendAsync(await BytesOfAsync(Forge(chunk, null))));
    }

    [Fact]
    public async Task Values_Bomb_IsRefused()
    {
        // Planes of two bytes each, in which 64 MiB of zeros are packed.
        var bomb = new byte[1 << 16];
        Assert.True(System.IO.Compression.BrotliEncoder.TryCompress(new byte[64 << 20], bomb, out var length));
        byte[] plane = [(byte)Compression.Brotli, .. VarintOf(length), .. bomb[..length]];
        await RefusedAsync(
            HttpStatusCode.BadRequest, "CORRUPT_FRAME",
            async () => await SendAsync(await BytesOfAsync(Forge(null, [0, .. plane, .. plane, .. plane, .. plane]))));
    }

    private Task<HttpResponseMessage> SendAsync(byte[] frames) => PutAsync($"{Steps}/1", frames, Frames);

    private static EncodedDelta Encode(Layout layout, int tensor, Digest parent)
    {
        var mask = Mask.Create(layout, [new TensorMask(tensor, new long[] { 3, 9 })]);
        var delta = new Delta(mask, [new byte[8]]);
        return DeltaEncoder.Encode(delta.OpenReader(), null, parent, new CodecOptions(), Path.GetTempPath());
    }

    // Frames as the format wants them, but for one chunk.
    private EncodedDelta Forge(byte[]? positions, byte[]? values)
    {
        using var whole = Encode(Base.Layout, Head, default);
        var (mask, delta) = (new FrameWriter(FrameKind.Mask, Path.GetTempPath()), new FrameWriter(FrameKind.Values, Path.GetTempPath()));
        mask.Append(Head, 2, 3, 9, positions ?? Payload(whole.Mask!));
        delta.Append(Head, 2, 3, 9, values ?? Payload(whole.Values));
        return new EncodedDelta(
            mask.Finish(whole.Layout, whole.MaskId), delta.Finish(whole.Layout, whole.MaskId, default, whole.ValuesDigest), mask, delta);
    }

    private static byte[] Payload(IFrame frame)
    {
        var bytes = new byte[frame.PayloadLength];
        frame.ReadPayload(0, bytes);
        return bytes;
    }

    private static async Task<byte[]> BytesOfAsync(EncodedDelta delta)
    {
        using var owned = delta;
        using var target = new MemoryStream();
        var pipe = PipeWriter.Create(target);
        await delta.WriteToAsync(pipe, Stop);
        await pipe.CompleteAsync();
        return target.ToArray();
    }

    private static byte[] Flipped(byte[] bytes, int index)
    {
        var copy = (byte[])bytes.Clone();
        copy[index] ^= 1;
        return copy;
    }

    private static byte[] VarintOf(long value)
    {
        var bytes = new byte[Varint.MaxLength];
        return bytes[..Varint.Write(bytes, (ulong)value)];
    }
}
