using System.Security.Cryptography;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Hub;

/// <summary>The Hub protocol's metadata of a file.</summary>
internal static class HubFile
{
    /// <summary>
    /// The clients' cache key of a file: its SHA-256 if known, as for every LFS file. Otherwise the store's own tag, which is equally
    /// strict, in a form that clients do not compare as a digest.
    /// </summary>
    public static string TagOf(RestoredFile file) => file.Sha256 is { } digest ? digest.ToString() : $"fish-{file.Tag}";

    /// <summary>The file's git object id: that of its LFS pointer if it has one.</summary>
    public static string BlobOf(RestoredFile file) => file.Sha256 is { } digest ? GitName("blob", Pointer(digest, file.Bytes))
        : TagOf(file);

    /// <summary>The directory's git object id, which changes with any file below it.</summary>
    public static string TreeOf(IEnumerable<RestoredFile> files) =>
        GitName("tree", Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{BlobOf(file)} {file.Name}\n"))));

    /// <summary>The file's LFS metadata; <see langword="null"/> if its SHA-256 is unknown.</summary>
    public static HubLfs? LfsOf(RestoredFile file) =>
        file.Sha256 is { } digest ? new HubLfs(digest, digest, file.Bytes, Pointer(digest, file.Bytes).Length) : null;

    // The pointer that git stores in place of an LFS file (git-lfs specification).
    private static byte[] Pointer(Digest digest, long bytes) =>
        Encoding.ASCII.GetBytes(
            FormattableString.Invariant($"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {bytes}\n"));

    private static string GitName(string kind, byte[] content)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"{kind} {content.Length}\0")), .. content];
#pragma warning disable CA5350 // Git uses SHA-1 for ids. Clients verify the SHA-256.
        return Convert.ToHexStringLower(SHA1.HashData(named));
#pragma warning restore CA5350
    }
}
