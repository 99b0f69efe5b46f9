/** The rows of one day's flights, joined with the airports, by airport and route. */
export const delaysByRoute = `
  SELECT
    $day AS day,
    flights.origin,
    origins.name AS origin_name,
    origins.city AS origin_city,
    flights.destination,
    destinations.city AS destination_city,
    count(*) AS flights,
    round(avg(flights.delay), 2) AS average_delay,
    max(flights.delay) AS longest_delay,
    count(*) FILTER (WHERE flights.delay > 15) AS late_flights
  FROM flights
  LEFT JOIN airports AS origins ON origins.iata = flights.origin
  LEFT JOIN airports AS destinations ON destinations.iata = flights.destination
  GROUP BY ALL
  ORDER BY flights.origin, flights.destination`;
