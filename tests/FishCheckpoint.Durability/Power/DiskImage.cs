using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace FishCheckpoint.Durability.Power;

/// <summary>What a folder of a disk holds after a loss of power: paths, and the bytes of files.</summary>
public sealed class DiskImage
{
    private readonly List<(string Path, ReadOnlyMemory<byte>? Bytes)> entries = [];
    private readonly XxHash128 hash = new();

    private DiskImage()
    {
    }

    /// <summary>Draws those of the folders at the top, by name.</summary>
    public static Dictionary<string, DiskImage> Of(Disk disk, SurvivalDraw draw)
    {
        var (survivors, images) = (disk.Survivors(draw), new Dictionary<string, DiskImage>(StringComparer.Ordinal));
        foreach (var (name, node) in Ordered(survivors, disk.Root))
        {
            var image = new DiskImage();
            image.Add("", (DiskFolder)node, survivors, draw);
            images.Add(name, image);
        }

        return images;
    }

    /// <summary>Says which images are equal.</summary>
    public UInt128 Hash => hash.GetCurrentHashAsUInt128();

    /// <summary>Writes it into a new folder.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (path, bytes) in entries)
        {
            if (bytes is null)
            {
                Directory.CreateDirectory(folder + path);
            }
            else
            {
                File.WriteAllBytes(folder + path, bytes.Value.Span);
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, object>> Ordered(
        Dictionary<DiskFolder, Dictionary<string, object>> survivors, DiskFolder folder) =>
        survivors.GetValueOrDefault(folder, folder.Durable).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    private void Add(string path, DiskFolder folder, Dictionary<DiskFolder, Dictionary<string, object>> survivors, SurvivalDraw draw)
    {
        foreach (var (name, node) in Ordered(survivors, folder))
        {
            var inner = $"{path}/{name}";
            hash.Append(Encoding.UTF8.GetBytes(inner));
            if (node is DiskFile file)
            {
                var bytes = file.Survivors(draw);
                entries.Add((inner, bytes));
                var own = file.HashOf(bytes);
                hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in own)));
            }
            else
            {
                entries.Add((inner, null));
                Add(inner, (DiskFolder)node, survivors, draw);
            }
        }
    }
}
