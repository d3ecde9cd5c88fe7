using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A stored side file of a checkpoint.</summary>
/// <param name="Name">Its path in the model's folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Frame">The frame with its content.</param>
internal sealed record StoredSideFile(string Name, long Bytes, Digest Sha256, long Frame)
{
    /// <summary>The id of a set of side files; <see langword="null"/> for none.</summary>
    public static Digest? SetOf(IEnumerable<(string Name, Digest Sha256)> files)
    {
        var lines = files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Sha256} {file.Name}\n").ToArray();
        return lines.Length == 0 ? null : Digest.Of(Encoding.UTF8.GetBytes("fishcheckpoint side files 1\n" + string.Concat(lines)));
    }
}
