using System.Buffers.Binary;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Assigns the pages of a database to trees. Inner pages list their children, and pointer maps list the parent of each page, so a damaged
/// page does not make others unreachable.
/// </summary>
internal sealed class PageTree
{
    /// <summary>The kinds of pages with rows.</summary>
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

    public PageTree(PageFile pages, CancellationToken cancellationToken)
    {
        this.pages = pages;
        (kinds, pointers, above) = (new byte[pages.Count + 1], new byte[pages.Count + 1], new int[pages.Count + 1]);
        hasPointers = pages.First is { } first ? Word(first, 52) != 0 : pages.TryRead(2) is [PointerToRoot, ..];
        ReadPointers();
        ReadFree();
        for (var number = 1; number <= pages.Count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadPage(number);
        }

        inner = [.. Enumerable.Range(1, pages.Count).Where(below => pointers[below] is 0 or PointerInTree).Select(below => above[below])];
    }

    /// <summary>Unreadable pages that may have had rows.</summary>
    public List<int> Damaged { get; } = [];

    /// <summary>Pages of tables and indexes, by root page.</summary>
    public ILookup<int, int> ByRoot() => Enumerable.Range(1, pages.Count)
        .Where(number => kinds[number] is InnerIndex or InnerTable or LeafIndex or LeafTable).ToLookup(RootOf);

    /// <summary>Whether the page has children; in a table with row ids it then has no rows.</summary>
    public bool IsInner(int number) => inner.Contains(number);

    /// <summary>Whether the page continues a row of another page.</summary>
    public bool IsOverflow(int number) => pointers[number] is PointerToFirstOverflow or PointerToNextOverflow;

    /// <summary>The root of a page: the page itself if it has no known parent.</summary>
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

    // Free pages are listed twice, so a damaged page of one list leaves the other.
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
