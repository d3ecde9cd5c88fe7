using System.Security.Cryptography;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Hub;

/// <summary>What the Hub's protocol says of a file.</summary>
internal static class HubFile
{
    /// <summary>
    /// What clients keep a file under: its SHA-256 where that is known, as for every file in LFS. Otherwise the store's own tag, which
    /// names the bytes as strictly, in a form that no client takes for a digest to compare with.
    /// </summary>
    public static string TagOf(RestoredFile file) => file.Sha256 is { } digest ? digest.ToString() : $"fish-{file.Tag}";

    /// <summary>The name of the file in the tree: that of its pointer where it has one, as git would name it.</summary>
    public static string BlobOf(RestoredFile file) => file.Sha256 is { } digest ? GitName("blob", Pointer(digest, file.Bytes))
        : TagOf(file);

    /// <summary>The name of a directory in the tree: another one wherever a file below it is another one.</summary>
    public static string TreeOf(IEnumerable<RestoredFile> files) =>
        GitName("tree", Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{BlobOf(file)} {file.Name}\n"))));

    /// <summary>What LFS knows of the file; <see langword="null"/> if its SHA-256 is not known.</summary>
    public static HubLfs? LfsOf(RestoredFile file) =>
        file.Sha256 is { } digest ? new HubLfs(digest, digest, file.Bytes, Pointer(digest, file.Bytes).Length) : null;

    // The text that git has in the place of a file in LFS (git-lfs's spec.md).
    private static byte[] Pointer(Digest digest, long bytes) =>
        Encoding.ASCII.GetBytes(
            FormattableString.Invariant($"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {bytes}\n"));

    private static string GitName(string kind, byte[] content)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"{kind} {content.Length}\0")), .. content];
#pragma warning disable CA5350 // Git's names are SHA-1. Nothing is trusted for it: the SHA-256 is what clients compare.
        return Convert.ToHexStringLower(SHA1.HashData(named));
#pragma warning restore CA5350
    }
}
