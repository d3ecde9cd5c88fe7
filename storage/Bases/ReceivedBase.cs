using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>A base in a temporary folder.</summary>
internal sealed class ReceivedBase(string folder, BaseContent content, IReadOnlyList<LeftOutFile> leftOut) : IReceivedBase
{
    /// <summary>The folder of its files.</summary>
    public string Folder => folder;

    public BaseContent Content => content;

    public IReadOnlyList<LeftOutFile> LeftOut => leftOut;

    public void Dispose() => Remove(folder);

    /// <summary>Removes a temporary folder if it exists.</summary>
    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
