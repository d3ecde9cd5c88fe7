using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// What a checkpoint keeps beside its values, decoded as it is read: a trainer state, a side file. What the codec refuses here was sound
/// when it was stored, so it is the store's damage and not the fault of whoever asks.
/// </summary>
internal sealed class StoredContent : ReadOnlyStream, IDigestedContent
{
    private readonly Stream content;
    private readonly string key;

    private StoredContent(Stream content, string key) => (this.content, this.key) = (content, key);

    /// <summary>Opens it.</summary>
    /// <param name="view">The view of the snapshot that it is read from.</param>
    /// <param name="frame">Its frame.</param>
    /// <param name="key">What it is, for errors.</param>
    /// <param name="owner">Disposed with it; <see langword="null"/>: nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>, here and while it is read.</exception>
    public static StoredContent Open(ICatalogView view, long frame, string key, IDisposable? owner) =>
        new(Guarded(key, () => BytesCoder.Open(view.Frames.Open(frame), owner)), key);

    public override long Length => content.Length;

    public Digest Sha256 => ((IDigestedContent)content).Sha256;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return content.Read(buffer);
        }
        catch (FishException error) when (IsDamage(error))
        {
            throw Damaged(key, error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private static T Guarded<T>(string key, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (FishException error) when (IsDamage(error))
        {
            throw Damaged(key, error);
        }
    }

    private static bool IsDamage(FishException error) => error.Kind is ErrorKind.Invalid or ErrorKind.Mismatch or ErrorKind.TooLarge;

    private static FishException Damaged(string key, FishException error) => new(
        ErrorCode.CorruptCheckpoint, key, $"A stored frame is damaged: {error.Cause}",
        "Save the checkpoint again with it, or restore it from a backup.", error);
}
