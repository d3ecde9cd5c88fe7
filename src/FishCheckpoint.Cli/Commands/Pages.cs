using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads lists to their end.</summary>
internal static class Pages
{
    private const int Limit = 1000;

    public static async Task<List<T>> AllAsync<T>(Func<PageRequest, Task<Page<T>>> read)
    {
        var items = new List<T>();
        for (string? after = null; ;)
        {
            var page = await read(new PageRequest(Limit, after));
            items.AddRange(page.Items);
            if ((after = page.Next) is null)
            {
                return items;
            }
        }
    }
}
