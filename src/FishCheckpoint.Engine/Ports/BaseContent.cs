using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>One file of a stored base.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Sha256">The file's digest.</param>
/// <param name="Header">The safetensors header; <see langword="null"/> for other files.</param>
/// <param name="Crcs">CRC-32C of each block: in data order over all tensors, or over the whole file.</param>
internal sealed record BaseFile(string Name, long Bytes, Digest Sha256, SafetensorsHeader? Header, uint[] Crcs);

/// <summary>The content of a base: enough to read it and to notice damage.</summary>
internal sealed class BaseContent
{
    public BaseContent(Digest id, IReadOnlyList<BaseFile> files)
    {
        (Id, AllFiles) = (id, files);
        Files = new ModelFiles(files.Where(file => file.Header is not null).Select(file => new ModelFile(file.Name, file.Header!)));
    }

    public Digest Id { get; }

    /// <summary>The safetensors files.</summary>
    public ModelFiles Files { get; }

    /// <summary>All files, side files included.</summary>
    public IReadOnlyList<BaseFile> AllFiles { get; }

    public BaseFile FileOf(string name) => AllFiles.First(file => file.Name == name);

    /// <summary>The id of a base: the digest of its only file, or of the list of its files.</summary>
    public static Digest IdentityOf(IReadOnlyList<BaseFile> files)
    {
        if (files is [{ Name: ModelFiles.SingleFileName } single])
        {
            return single.Sha256;
        }

        var lines = files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Sha256} {file.Bytes} {file.Name}\n");
        return Digest.Of(System.Text.Encoding.UTF8.GetBytes("fishcheckpoint base 1\n" + string.Concat(lines)));
    }
}
