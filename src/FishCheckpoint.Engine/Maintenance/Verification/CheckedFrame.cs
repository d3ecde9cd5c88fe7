using System.Security.Cryptography;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>A frame of values or blocks during a verification together with others, and the result.</summary>
/// <param name="frame">The frame; the caller owns it.</param>
internal sealed class CheckedFrame(IFrame frame) : IDisposable
{
    private IncrementalHash? values;
    private MaskDigest? mask;

    /// <summary>The frame.</summary>
    public IFrame Frame { get; } = frame;

    /// <summary>Damage of its own bytes; <see langword="null"/> if there is none.</summary>
    public FishException? Damage { get; private set; }

    /// <summary>Whether its values were compared with their digest; false if something that they depend on is damaged.</summary>
    public bool IsDecoded { get; private set; }

    internal FrameHead Head { get; private set; } = null!;

    internal ChunkEntry[] Entries { get; private set; } = [];

    // Checksums are still compared after decoding has become impossible.
    internal bool CanDecode { get; private set; } = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        values?.Dispose();
        mask?.Dispose();
    }

    internal void Begin(Layout layout, Func<IFrame, FrameHead, ChunkEntry[]> readIndex) => Try(() =>
    {
        Head = FrameHead.Parse(Frame.Head);
        Entries = readIndex(Frame, Head);
        values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        mask = Head.Kind == FrameKind.Blocks ? new MaskDigest(layout.Id) : null;
    });

    internal void Add(ReadOnlySpan<byte> newValues) => values!.AppendData(newValues);

    internal void Add(int tensor, ReadOnlySpan<long> positions) => mask!.Add(tensor, positions);

    internal void StopDecoding() => CanDecode = false;

    internal void Finish() => Try(() =>
    {
        if (!CanDecode)
        {
            return;
        }

        IsDecoded = true;
        if (Digest.Finish(values!) != Head.Digests[3] || (mask is not null && mask.Finish() != Head.Digests[1]))
        {
            throw new FishException(
                ErrorCode.CorruptFrame, "frame", "The digest of the positions or values differs from the frame's.",
                "Repair the store, or restore from a backup.");
        }
    });

    /// <summary>Runs a part of the verification and records its error. Does nothing after earlier damage.</summary>
    internal void Try(Action part)
    {
        if (Damage is not null)
        {
            return;
        }

        try
        {
            part();
        }
        catch (FishException error)
        {
            (Damage, CanDecode) = (error, false);
        }
    }
}
