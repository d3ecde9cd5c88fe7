using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>Records the bytes on disk of bases' files, compressed or not, so that reports need not read the disk.</summary>
internal static class BaseMeasure
{
    /// <summary>Records them for a base whose files are in place. Adding a base again may have changed their form.</summary>
    public static void Note(ICatalogWriter writer, IBaseStore bases, Digest id) => Note(writer, bases, writer.Bases.FilesOf(id));

    /// <summary>Records them for files that an earlier version stored.</summary>
    public static async Task BackfillAsync(ICatalog catalog, IBaseStore bases, CancellationToken cancellationToken)
    {
        if (catalog.Read(view => view.Bases.Unmeasured()).Count > 0)
        {
            await catalog.WriteAsync(
                writer =>
                {
                    Note(writer, bases, writer.Bases.Unmeasured());
                    return true;
                },
                cancellationToken);
        }
    }

    private static void Note(ICatalogWriter writer, IBaseStore bases, List<(Digest Base, string Name)> files)
    {
        foreach (var (id, name) in files)
        {
            writer.Bases.SetStored(id, name, bases.LengthOf(id, name));
        }
    }
}
