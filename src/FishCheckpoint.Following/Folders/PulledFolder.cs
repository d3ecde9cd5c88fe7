using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>The folder of a pulled model.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Manifest">Its manifest; <see langword="null"/> if it cannot be read.</param>
internal sealed record PulledFolder(string Path, PulledManifest? Manifest)
{
    /// <summary>Its name.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Reads all files and compares them with the manifest's digests.</summary>
    /// <returns>What is wrong; <see langword="null"/>: nothing.</returns>
    public string? FindDamage(CancellationToken cancellation)
    {
        if (Manifest is null)
        {
            return $"{Name} has no readable manifest.";
        }

        foreach (var file in Manifest.Files)
        {
            if (DigestOf(System.IO.Path.Combine(Path, file.Name), file.Bytes, cancellation) != file.Sha256)
            {
                return $"{Name}/{file.Name} was changed or damaged.";
            }
        }

        return null;
    }

    // A file that is missing, unreadable or of another length has no digest.
    private static Digest? DigestOf(string path, long length, CancellationToken cancellation)
    {
        try
        {
            using var handle = PositionalFile.Open(path, FileOptions.SequentialScan);
            if (RandomAccess.GetLength(handle) != length)
            {
                return null;
            }

            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[Blocks.Size];
            for (var offset = 0L; offset < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset));
                PositionalFile.ReadExactly(handle, offset, part, path);
                hash.AppendData(part);
                offset += part.Length;
            }

            return Digest.Finish(hash);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Errors.FishException)
        {
            return null;
        }
    }
}
