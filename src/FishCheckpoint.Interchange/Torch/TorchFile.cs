using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>An open torch.save file: its objects are read, its tensors are not.</summary>
internal sealed class TorchFile : IDisposable
{
    private static readonly byte[] ZipStart = [(byte)'P', (byte)'K', 3, 4];

    private readonly ByteSource source;

    private TorchFile(ByteSource source, object? root, IReadOnlyCollection<string> unread) =>
        (this.source, Root, Unread) = (source, root, unread);

    /// <summary>The saved object: a tensor, or containers of tensors and a few other values.</summary>
    public object? Root { get; }

    /// <summary>The types of unread objects; the first few by name.</summary>
    public IReadOnlyCollection<string> Unread { get; }

    /// <summary>The file's name in errors.</summary>
    public string Key => source.Key;

    /// <summary>The file's length in bytes.</summary>
    public long Length => source.Length;

    /// <summary>Opens a file.</summary>
    /// <exception cref="FishException">It is missing, damaged, hostile or of another kind.</exception>
    public static TorchFile Open(string path, PickleLimits? limits = null)
    {
        var opened = ByteSource.Open(path);
        try
        {
            var (root, unread) = KindOf(opened) switch
            {
                Kind.Zip => ZipContainer.Read(opened, limits ?? new PickleLimits()),
                Kind.Legacy => LegacyContainer.Read(opened, limits ?? new PickleLimits()),
                Kind.Tar => throw TorchErrors.Cannot(
                    opened.Key, "The file is a tar file from PyTorch before 0.1.10.",
                    "Load it with an old PyTorch, and save it again."),
                Kind.BarePickle => throw TorchErrors.Cannot(
                    opened.Key, "The file is a pickle that torch.save did not write.",
                    "Write its tensors with torch.save, or as safetensors."),
                _ => throw TorchErrors.Invalid(opened.Key, "The file does not start like a torch.save file."),
            };
            return new TorchFile(opened, root, unread);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file's start is that of a PyTorch file or another pickle.</summary>
    public static bool Is(string path)
    {
        using var opened = ByteSource.Open(path);
        return KindOf(opened) != Kind.Other;
    }

    /// <summary>Reads bytes of a storage.</summary>
    /// <param name="storage">A storage of this file.</param>
    /// <param name="offset">Relative to its start.</param>
    /// <param name="destination">The buffer to fill completely; within the storage.</param>
    public void Read(TorchStorage storage, long offset, Span<byte> destination) => source.Read(storage.Begin + offset, destination);

    /// <summary>Verifies the checksums of storages, if the file has any.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public void Verify(IEnumerable<TorchStorage> storages)
    {
        foreach (var storage in storages.Where(storage => storage.Checksum is not null).Distinct().OrderBy(storage => storage.Begin))
        {
            ZipContainer.Check(source, $"data/{storage.Key}", storage.Begin, storage.Bytes, storage.Checksum!.Value);
        }
    }

    public void Dispose() => source.Dispose();

    private static Kind KindOf(ByteSource source)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(source.Length, 300)];
        source.Read(0, start);
        // A safetensors file starts with its header length, which may look like another file's first bytes; but no pickle starts with such
        // a small number, and no zip file continues with a brace.
        var isLength = start.Length >= sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(start) <= SafetensorsHeader.MaxLength;
        return start.StartsWith(ZipStart) && !(isLength && start.Length > sizeof(ulong) && start[sizeof(ulong)] == (byte)'{') ? Kind.Zip
            : isLength ? Kind.Other
            : start.Length >= 262 && start[257..262].SequenceEqual("ustar"u8) ? Kind.Tar
            : start.Length >= 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5
                ? (LegacyContainer.Is(start) ? Kind.Legacy : Kind.BarePickle)
            : Kind.Other;
    }

    private enum Kind
    {
        Other,
        Zip,
        Legacy,
        Tar,
        BarePickle,
    }
}
