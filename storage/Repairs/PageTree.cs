using System.Buffers.Binary;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Which pages of a database belong together. Inner pages name those below them, and pages of pointers name the one above each, so that a
/// damaged page hides none of
/// the others.
/// </summary>
internal sealed class PageTree
{
    /// <summary>The kinds of pages that hold rows.</summary>
    public const byte InnerIndex = 2, InnerTable = 5, LeafIndex = 10, LeafTable = 13;

    private const byte PointerToRoot = 1, PointerToFree = 2, PointerToFirstOverflow = 3, PointerToNextOverflow = 4, PointerInTree = 5;
    private const int PointerLength = 5;
    private const int MaxLevels = 32;
    private const int LockAt = 1 << 30;

    private readonly PageFile pages;
    private readonly bool hasPointers;
    private readonly byte[] kinds;
    private readonly byte[] pointers;
    private readonly int[] above;
    private readonly HashSet<int> inner;

    public PageTree(PageFile pages, CancellationToken cancellation)
    {
        this.pages = pages;
        (kinds, pointers, above) = (new byte[pages.Count + 1], new byte[pages.Count + 1], new int[pages.Count + 1]);
        hasPointers = pages.First is { } first ? Word(first, 52) != 0 : pages.TryRead(2) is [PointerToRoot, ..];
        ReadPointers();
        ReadFree();
        for (var number = 1; number <= pages.Count; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadPage(number);
        }

        inner = [.. Enumerable.Range(1, pages.Count).Where(below => pointers[below] is 0 or PointerInTree).Select(below => above[below])];
    }

    /// <summary>Pages that cannot be read and may have held rows.</summary>
    public List<int> Damaged { get; } = [];

    /// <summary>Pages of tables and indexes, by the first page of what they belong to.</summary>
    public ILookup<int, int> ByRoot() => Enumerable.Range(1, pages.Count)
        .Where(number => kinds[number] is InnerIndex or InnerTable or LeafIndex or LeafTable).ToLookup(RootOf);

    /// <summary>Whether some page of the tree is below it: then it holds no row of its own in a table with row numbers.</summary>
    public bool IsInner(int number) => inner.Contains(number);

    /// <summary>Whether a row of another page runs over to it.</summary>
    public bool IsOverflow(int number) => pointers[number] is PointerToFirstOverflow or PointerToNextOverflow;

    /// <summary>The first page of what a page belongs to: itself if nothing is known above it.</summary>
    public int RootOf(int number)
    {
        for (var level = 0; level < MaxLevels && above[number] > 0; level++)
        {
            number = above[number];
        }

        return number;
    }

    private void ReadPointers()
    {
        var (each, locked) = (pages.Usable / PointerLength, (LockAt / pages.PageSize) + 1);
        for (var number = 2; hasPointers && number <= pages.Count; number += each + 1)
        {
            var place = number == locked ? number + 1 : number;
            var page = pages.TryRead(place);
            for (var index = 0; page is not null && index < each && place + 1 + index <= pages.Count; index++)
            {
                var (at, of) = (index * PointerLength, place + 1 + index);
                pointers[of] = page[at];
                var one = page[at] >= PointerToFirstOverflow ? Word(page, at + 1) : 0;
                above[of] = one <= pages.Count && one != of ? one : 0;
            }

            pointers[place] = PointerToFree;
        }

        if (locked <= pages.Count)
        {
            pointers[locked] = PointerToFree;
        }
    }

    // Both say what is free: a damaged page of either leaves the other.
    private void ReadFree()
    {
        var trunk = pages.First is { } first ? Word(first, 32) : 0;
        for (var read = 0; trunk > 0 && trunk <= pages.Count && read < pages.Count && pages.TryRead(trunk) is { } page; read++)
        {
            pointers[trunk] = PointerToFree;
            for (var index = 0; index < Math.Min(Word(page, 4), (pages.Usable / 4) - 2); index++)
            {
                if (Word(page, 8 + (4 * index)) is > 0 and var free && free <= pages.Count)
                {
                    pointers[free] = PointerToFree;
                }
            }

            trunk = Word(page, 0);
        }
    }

    private void ReadPage(int number)
    {
        if (pointers[number] == PointerToFree)
        {
            above[number] = 0;
            return;
        }

        var head = number == 1 ? 100 : 0;
        if (pages.TryRead(number) is not { } page)
        {
            Damaged.Add(number);
            return;
        }

        if (pointers[number] is not (0 or PointerToRoot or PointerInTree))
        {
            return;
        }

        kinds[number] = page[head];
        if (page[head] is InnerIndex or InnerTable)
        {
            foreach (var place in PageCells.PlacesOf(page, head, pages.Usable))
            {
                SetAbove(Word(page, place), number);
            }

            SetAbove(Word(page, head + 8), number);
        }
    }

    private void SetAbove(int below, int number)
    {
        if (below > 1 && below <= pages.Count && below != number)
        {
            above[below] = number;
        }
    }

    private static int Word(byte[] page, int at) =>
        at + 4 <= page.Length ? (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(at)), int.MaxValue) : 0;
}
