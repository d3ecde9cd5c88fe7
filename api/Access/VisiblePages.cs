using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Access;

/// <summary>Lists for keys that do not reach everything: full pages of what they reach, and no word of the rest.</summary>
internal static class VisiblePages
{
    private const int AtOnce = 1000;

    /// <summary>Reads on until the page is full or the list at its end.</summary>
    /// <param name="page">What is asked for.</param>
    /// <param name="read">Reads part of the whole list.</param>
    /// <param name="visible">Whether an item is reached.</param>
    /// <param name="keyOf">An item's key in the list.</param>
    public static async Task<Page<T>> ReadAsync<T>(
        PageRequest page, Func<PageRequest, Task<Page<T>>> read, Func<T, Task<bool>> visible, Func<T, string> keyOf)
    {
        var (items, after) = (new List<T>(), page.After);
        do
        {
            var part = await read(new PageRequest(AtOnce, after));
            foreach (var item in part.Items)
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

            after = part.Next;
        }
        while (after is not null);
        return new Page<T>(items, null);
    }
}
