using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>One file of a stored base.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Header">Its header, if it is a safetensors file.</param>
/// <param name="Crcs">CRC-32C of each block: of each tensor in the order of the data, or of the file.</param>
internal sealed record BaseFile(string Name, long Bytes, Digest Sha256, SafetensorsHeader? Header, uint[] Crcs);

/// <summary>What is known of a base's content: enough to read it and to notice damage.</summary>
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

    /// <summary>The identity of a base: its file's digest, or the digest of the list of its files.</summary>
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
