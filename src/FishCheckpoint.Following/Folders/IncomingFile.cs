using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>A file that is being written, with its running digest.</summary>
internal sealed class IncomingFile : Stream
{
    private readonly FileStream stream;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string name;
    private long written;

    /// <summary>Creates the file if the disk has room for it.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="name">The file's path in the folder, divided by <c>/</c>; it does not exist yet.</param>
    /// <param name="length">Its final length.</param>
    /// <exception cref="IOException">There is no room.</exception>
    public IncomingFile(string folder, string name, long length)
    {
        this.name = name;
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FullDisk.RequireRoom(Path.GetDirectoryName(path)!, length);
        stream = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 });
    }

    /// <summary>Called after each write with the number of bytes written.</summary>
    public Action<long>? OnWritten { get; init; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position { get => written; set => throw new NotSupportedException(); }

    /// <summary>Ends the file and flushes it to disk.</summary>
    /// <returns>The file's length and digest.</returns>
    public PulledFile Seal()
    {
        AtomicFile.SyncFile(stream);
        return new PulledFile(name, written, Digest.Finish(hash));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hash.AppendData(buffer);
        stream.Write(buffer);
        written += buffer.Length;
        OnWritten?.Invoke(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => stream.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
            hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
