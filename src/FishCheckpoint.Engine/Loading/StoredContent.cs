using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// A trainer state or side file of a checkpoint, decoded as it is read. The store verified it when it was saved, so an error of the codec
/// is reported as damage of the store, not as a fault of the caller.
/// </summary>
internal sealed class StoredContent : ReadOnlyStream, IDigestedContent
{
    private readonly Stream content;
    private readonly string key;

    private StoredContent(Stream content, string key) => (this.content, this.key) = (content, key);

    /// <summary>Opens the content.</summary>
    /// <param name="view">The view of the snapshot to read from.</param>
    /// <param name="frame">The frame of the content.</param>
    /// <param name="key">The name of the content in errors.</param>
    /// <param name="owner">Disposed with the stream; may be <see langword="null"/>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>, here or while reading.</exception>
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
        "Save the checkpoint again with this content, or restore the store from a backup.", error);
}
