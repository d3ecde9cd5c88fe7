using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>The blocks of a base, each verified when read. Files are opened at their first use.</summary>
internal sealed class BaseBlocks : IBaseBlocks
{
    private readonly BaseContent content;
    private readonly BaseFolder folder;
    private readonly BaseFile[] files;
    private readonly int[] firstCrc;
    private readonly IBaseFile?[] opened;

    public BaseBlocks(BaseContent content, BaseFolder folder)
    {
        (this.content, this.folder) = (content, folder);
        files = [.. content.Files.Files.Select(file => content.FileOf(file.Name))];
        opened = new IBaseFile?[files.Length];
        firstCrc = new int[content.Files.Layout.Tensors.Count];
        var (file, crc) = (0, 0);
        for (var tensor = 0; tensor < firstCrc.Length; tensor++)
        {
            (file, crc) = content.Files.PlaceOf(tensor).File is var place && place == file ? (file, crc) : (place, 0);
            firstCrc[tensor] = crc;
            crc += checked((int)Blocks.CountOf(content.Files.Layout.Tensors[tensor]));
        }
    }

    public Layout Layout => content.Files.Layout;

    public void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        var place = content.Files.PlaceOf(tensor);
        try
        {
            OpenFile(place.File).ReadBlock(
                Layout.Tensors[tensor].Type, place.Begin + (block * Blocks.Size), (int)(firstCrc[tensor] + block), destination);
        }
        catch (FishException error) when (error.Code == ErrorCode.BodyTruncated)
        {
            throw Damaged(tensor, "the file is truncated", error);
        }
        catch (FishException error) when (error.Code == ErrorCode.CorruptFrame)
        {
            throw Damaged(tensor, $"block {block} does not match its checksum", error);
        }

        if (Crc32C.Compute(destination) != files[place.File].Crcs[firstCrc[tensor] + block])
        {
            throw Damaged(tensor, $"block {block} does not match its checksum", null);
        }
    }

    public void Dispose() => Array.ForEach(opened, file => file?.Dispose());

    private IBaseFile OpenFile(int file)
    {
        if (opened[file] is { } already)
        {
            return already;
        }

        try
        {
            return opened[file] = BaseFiles.Open(folder.PathOf(content.Id, files[file].Name), files[file].Header!);
        }
        catch (FishException error)
        {
            throw new FishException(
                ErrorCode.CorruptBase, $"{content.Id}/{files[file].Name}", $"The base's file cannot be read: {error.Cause}",
                "Add the base again from its source to repair it.", error);
        }
    }

    private FishException Damaged(int tensor, string what, Exception? inner) => new(
        ErrorCode.CorruptBase, $"{content.Id}: {Layout.Tensors[tensor].Name}", $"The base is damaged: {what}.",
        "Add the base again from its source to repair it.", inner);
}
