using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Access;

/// <summary>Lists for limited keys: full pages of the reachable items only.</summary>
internal static class VisiblePages
{
    /// <summary>Reads until the page is full or the list ends.</summary>
    /// <param name="page">The requested page.</param>
    /// <param name="list">The whole list, from a page on.</param>
    /// <param name="visible">Whether the key reaches an item.</param>
    /// <param name="keyOf">An item's key in the list.</param>
    public static async Task<Page<T>> ReadAsync<T>(
        PageRequest page, Func<PageRequest, IAsyncEnumerable<T>> list, Func<T, Task<bool>> visible, Func<T, string> keyOf)
    {
        var items = new List<T>();
        await foreach (var item in list(new PageRequest(PageRequest.MaxLimit, page.After)))
        {
            if (!await visible(item))
            {
                continue;
            }

            if (items.Count == page.Limit)
            {
                return new Page<T>(items, keyOf(items[^1]));
            }

            items.Add(item);
        }

        return new Page<T>(items, null);
    }
}
